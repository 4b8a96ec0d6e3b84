// The forms of names.
#pragma once
#include <string>
#include <string_view>

namespace skerry {

// A DNS label (RFC 1123), in small letters: what every object and service is called.
bool isName(std::string_view text);
// Why it is none, or "".
std::string nameProblem(std::string_view text);
constexpr const char* NAME_HINT =
    "write 1 to 63 of a-z, 0-9 and `-`, with a letter or digit at both ends";

bool isLabelName(std::string_view text);
bool isVariableName(std::string_view text);
bool isUser(std::string_view text);
bool isImage(std::string_view text);
bool isTimezone(std::string_view text);

}  // namespace skerry
