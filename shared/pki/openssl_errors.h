// OpenSSL's queue of errors belongs to the thread, not to the call: whoever fails takes it all, or
// the next failure would be explained by this one.
#pragma once
#include <kj/string.h>

namespace skerry {

// Empties the queue into one line.
kj::String opensslErrors();

}  // namespace skerry
