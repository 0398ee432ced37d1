// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {Slice} from "../proto/Slice.sol";
import {Quote, QuoteReader} from "./Quote.sol";
import {Times} from "./Times.sol";

/// What an attestation verification report says; `time` in seconds.
struct Report {
    uint64 time;
    string status;
    string[] advisories;
    Quote quote;
}

/// Reads reports of the Intel Attestation Service, version 4: compact JSON whose keys stand in this
/// order. Anything between or beside them is refused.
///
///     {"id":…,"timestamp":…,"version":4[,"advisoryURL":…,"advisoryIDs":[…]],
///      "isvEnclaveQuoteStatus":…[,"platformInfoBlob":…],"isvEnclaveQuoteBody":…}
library ReportReader {
    error ReportMalformed(uint256 at);

    struct Text {
        bytes data;
        uint256 at;
    }

    function read(bytes memory json) internal pure returns (Report memory report) {
        Text memory text = Text(json, 0);
        _take(text, '{"id":');
        _string(text);
        _take(text, ',"timestamp":');
        report.time = Times.ofReport(_string(text));
        _take(text, ',"version":4');
        if (_tryTake(text, ',"advisoryURL":')) _string(text);
        if (_tryTake(text, ',"advisoryIDs":')) report.advisories = _strings(text);
        _take(text, ',"isvEnclaveQuoteStatus":');
        report.status = string(_string(text));
        if (_tryTake(text, ',"platformInfoBlob":') && !_tryTake(text, "null")) _string(text);
        _take(text, ',"isvEnclaveQuoteBody":');
        report.quote = QuoteReader.read(_string(text));
        _take(text, "}");
        if (text.at != json.length) revert ReportMalformed(text.at);
    }

    function _tryTake(Text memory text, bytes memory wanted) private pure returns (bool) {
        if (text.data.length - text.at < wanted.length) return false;
        for (uint256 i; i < wanted.length; ++i) {
            if (text.data[text.at + i] != wanted[i]) return false;
        }
        text.at += wanted.length;
        return true;
    }

    function _take(Text memory text, bytes memory wanted) private pure {
        if (!_tryTake(text, wanted)) revert ReportMalformed(text.at);
    }

    /// A JSON string without escapes.
    function _string(Text memory text) private pure returns (bytes memory) {
        _take(text, '"');
        uint256 from = text.at;
        for (uint256 i = from; i < text.data.length; ++i) {
            if (text.data[i] == "\\") break;
            if (text.data[i] == '"') {
                text.at = i + 1;
                return Slice.copy(text.data, from, i);
            }
        }
        revert ReportMalformed(from);
    }

    function _strings(Text memory text) private pure returns (string[] memory found) {
        _take(text, "[");
        if (_tryTake(text, "]")) return found;
        found = new string[](_count(text));
        for (uint256 i; i < found.length; ++i) {
            if (i > 0) _take(text, ",");
            found[i] = string(_string(text));
        }
        _take(text, "]");
    }

    /// Elements up to the list's end: one more than there are commas.
    function _count(Text memory text) private pure returns (uint256 count) {
        count = 1;
        for (uint256 i = text.at; i < text.data.length && text.data[i] != "]"; ++i) {
            if (text.data[i] == ",") ++count;
        }
    }
}
