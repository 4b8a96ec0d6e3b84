// What a daemon owes the system it really runs on, besides what struct Host gives it.
#pragma once
#include <kj/string.h>
#include <string>

namespace skerry {

int ownProcessId();
// Where this program lies.
std::string ownFolder();
// Path of a program that only ours start: beside this one, or where it is installed, in
// ../libexec/skerry.
std::string helperProgram(const std::string& name);
// Mode 0660, and the group's if there is such a group: who may open a socket. FAILED names it.
void openToGroup(kj::StringPtr path, const char* group);
// The group may pass through a folder of ours to what it holds, and list nothing. FAILED names it.
void openPathToGroup(kj::StringPtr folder, const char* group);
// Tells the service manager ("READY=1", sd_notify(3)); does nothing where there is none.
void notifyManager(kj::StringPtr state);

}  // namespace skerry
