// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

/// Text to seconds since 1970: dates of certificates (RFC 5280) and of attestation reports.
library Times {
    error InvalidTime(bytes text);

    uint256 private constant DAY = 86_400;

    /// "YYYY-MM-DDTHH:MM:SS.ffffff"; the fraction is dropped.
    function ofReport(bytes memory text) internal pure returns (uint64) {
        bool shaped = text.length == 26 && text[4] == "-" && text[7] == "-" && text[10] == "T"
            && text[13] == ":" && text[16] == ":" && text[19] == ".";
        if (!shaped) revert InvalidTime(text);
        return _seconds(text, _number(text, 0, 4), [uint256(5), 8, 11, 14, 17]);
    }

    /// UTCTime "YYMMDDHHMMSSZ" (years to 2049) or GeneralizedTime "YYYYMMDDHHMMSSZ".
    function ofCertificate(bytes memory text) internal pure returns (uint64) {
        if (text.length == 13 && text[12] == "Z") {
            uint256 year = _number(text, 0, 2);
            return _seconds(text, year < 50 ? 2000 + year : 1900 + year, [uint256(2), 4, 6, 8, 10]);
        }
        if (text.length != 15 || text[14] != "Z") revert InvalidTime(text);
        return _seconds(text, _number(text, 0, 4), [uint256(4), 6, 8, 10, 12]);
    }

    /// `at` are the places of month, day, hour, minute and second.
    function _seconds(bytes memory text, uint256 year, uint256[5] memory at)
        private
        pure
        returns (uint64)
    {
        uint256 month = _within(text, at[0], 1, 12);
        uint256 day = _within(text, at[1], 1, _daysIn(year, month));
        uint256 time = _within(text, at[2], 0, 23) * 3600 + _within(text, at[3], 0, 59) * 60
            + _within(text, at[4], 0, 59);
        return uint64((_days(year, month) + day - 1) * DAY + time);
    }

    function _within(bytes memory text, uint256 at, uint256 low, uint256 high)
        private
        pure
        returns (uint256 value)
    {
        value = _number(text, at, 2);
        if (value < low || value > high) revert InvalidTime(text);
    }

    function _number(bytes memory text, uint256 at, uint256 digits) private pure returns (uint256 value) {
        for (uint256 i = at; i < at + digits; ++i) {
            uint8 digit = uint8(text[i]) - 48;
            if (digit > 9) revert InvalidTime(text);
            value = value * 10 + digit;
        }
    }

    /// Days from 1970-01-01 to the first of the month.
    function _days(uint256 year, uint256 month) private pure returns (uint256 count) {
        if (year < 1970) return 0;
        uint256 former = year - 1;
        count = (year - 1970) * 365 + (former / 4 - former / 100 + former / 400) - 477;
        for (uint256 m = 1; m < month; ++m) count += _daysIn(year, m);
    }

    function _daysIn(uint256 year, uint256 month) private pure returns (uint256) {
        if (month == 2) return _isLeap(year) ? 29 : 28;
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
    }

    function _isLeap(uint256 year) private pure returns (bool) {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    }
}
