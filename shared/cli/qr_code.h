// A text as a QR code (ISO/IEC 18004) for a terminal of any colours: two modules per character,
// black on white whatever the terminal's own colours are, with the quiet zone that readers need.
#pragma once
#include <string>

namespace skerry {

constexpr unsigned QR_QUIET_MODULES = 4;
constexpr size_t QR_TEXT_BYTES_MAX = 1024;  // beyond it no terminal is wide enough

// Empty for a text that is too long.
std::string qrCode(const std::string& text);

}  // namespace skerry
