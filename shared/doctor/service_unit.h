// The systemd service of a daemon: what packages install, and what doctor offers where there is
// none. Pure.
#pragma once
#include "shared/doctor/subject.h"

namespace skerry {

// `skerry-site.service`.
std::string unitName(const Subject& subject);

// It starts the daemon at boot once its folder has an identity, again whenever it ends, and ends
// nothing but the daemon itself. A tier that runs no applications is confined to its data folder;
// one that does is not, since whatever it starts would be confined with it.
std::string serviceUnit(const Subject& subject);

}  // namespace skerry
