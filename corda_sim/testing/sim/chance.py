"""What a world leaves to chance, drawn from its seed."""

from dataclasses import dataclass, field
from random import Random


@dataclass(slots=True)
class Weather:
    """How bad the network is: chances of 0 … 1, delays in seconds."""

    drop: float = 0.01
    double: float = 0.02
    slow: float = 0.02
    delay: float = 0.004


CALM_WEATHER = Weather(drop=0.0, double=0.0, slow=0.0, delay=0.0005)


@dataclass(slots=True)
class Chance:
    """Draws delays and losses; the same seed draws the same."""

    random: Random
    weather: Weather = field(default_factory=Weather)

    def arrivals(self) -> list[float]:
        """After how many seconds the copies of a message arrive; none when it is lost."""
        draw, weather = self.random.random, self.weather
        if draw() < weather.drop:
            return []
        copies = 2 if draw() < weather.double else 1
        return [self._delay() for _ in range(copies)]

    def _delay(self) -> float:
        draw, weather = self.random.random, self.weather
        longest = 0.5 if draw() < weather.slow else weather.delay
        return 0.0001 + draw() * longest

    def commit_seconds(self) -> float:
        """How long steps wait for their transaction."""
        return 0.001 + self.random.random() * 0.012

    def settle_seconds(self) -> float:
        """How long an answer of the database, or of a service, takes."""
        return 0.0001 + self.random.random() * 0.001

    def restart_seconds(self) -> float:
        """How long a machine takes to start a process again."""
        return 0.05 + self.random.random() * 1.5
