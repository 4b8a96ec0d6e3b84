// `skerry-central doctor`, and what central adds to it while it serves.
#pragma once
#include "shared/daemon/doctor_verb.h"

namespace skerry {

Subject centralSubject(Host& host);
// `host` and `transport` outlive the promise. `listen`: as in `serve --listen`.
kj::Promise<Findings> examineCentral(Host& host, const Transport& transport, std::string listen);

}  // namespace skerry
