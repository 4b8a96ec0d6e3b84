#include "shared/cli/qr_code.h"
#include <qrencode.h>
#include <memory>

namespace skerry {
namespace {

constexpr const char* WHITE_ON_BLACK = "\x1b[40;97m";
constexpr const char* AS_BEFORE = "\x1b[0m";
constexpr const char* UPPER = "\u2580";
constexpr const char* LOWER = "\u2584";
constexpr const char* BOTH = "\u2588";

struct FreeCode { void operator()(QRcode* code) const { QRcode_free(code); } };

// Of what is drawn: the quiet zone is light.
bool isLight(const QRcode& code, int row, int column) {
  bool isInside = row >= 0 && column >= 0 && row < code.width && column < code.width;
  return !isInside || (code.data[row * code.width + column] & 1) == 0;
}

}  // namespace

std::string qrCode(const std::string& text) {
  if (text.size() > QR_TEXT_BYTES_MAX) return "";
  auto bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::unique_ptr<QRcode, FreeCode> code(
      QRcode_encodeData(int(text.size()), bytes, 0, QR_ECLEVEL_L));
  if (code == nullptr) return "";
  int begin = -int(QR_QUIET_MODULES), end = code->width + int(QR_QUIET_MODULES);
  std::string drawn;
  for (int row = begin; row < end; row += 2) {
    drawn += WHITE_ON_BLACK;
    for (int column = begin; column < end; column++) {
      bool upper = isLight(*code, row, column), lower = isLight(*code, row + 1, column);
      drawn += upper && lower ? BOTH : upper ? UPPER : lower ? LOWER : " ";
    }
    drawn += std::string(AS_BEFORE) + "\n";
  }
  return drawn;
}

}  // namespace skerry
