// What a daemon owes the system it really runs on, besides what struct Host gives it.
#pragma once
#include <kj/string.h>
#include <string>

namespace skerry {

int ownProcessId();
// Where this program lies: its helpers are beside it.
std::string ownFolder();
// Mode 0660, and the group's if there is such a group: who may open a socket. FAILED names it.
void openToGroup(kj::StringPtr path, const char* group);
// Tells the service manager ("READY=1", sd_notify(3)); does nothing where there is none.
void notifyManager(kj::StringPtr state);

}  // namespace skerry
