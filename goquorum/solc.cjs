// Standard JSON in on stdin, standard JSON out on stdout, by the compiler in the folder given.
const path = require("path");
const solc = require(path.join(process.argv[2], "solc"));

let input = "";
process.stdin.on("data", (chunk) => (input += chunk));
process.stdin.on("end", () => process.stdout.write(solc.compile(input)));
