// What one who asks at the doors for joining and for renewing makes of the answer: it is believed
// only as far as it fits the question. Both throw FAILED for an answer that cannot be.
#pragma once
#include "shared/link/enroll.h"
#include "shared/link/renew.h"
#include <optional>

namespace skerry {

// Keys are known by their hashes; `ca` is a region's own issuing key.
struct ExpectedEnrolled {
  Hash root, device;
  std::optional<Hash> ca;
};
EnrollAnswer readEnrollReply(Frame& frame, const ExpectedEnrolled& expected);

struct ExpectedRenewed {
  OwnCert root;
  Hash device;
  std::string name;
  std::optional<Hash> ca;
};
RenewAnswer readRenewReply(Frame& frame, const ExpectedRenewed& expected);

}  // namespace skerry
