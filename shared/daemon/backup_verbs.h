// The verbs `backup --to FILE` and `restore FILE` of every daemon.
#pragma once
#include "shared/daemon/backup.h"
#include "shared/daemon/program.h"

namespace skerry {

// `data` and `code` outlive the parsing.
void addBackupVerbs(CLI::App& app, const std::string& data, int& code, BackupTier tier);

}  // namespace skerry
