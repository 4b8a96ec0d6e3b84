// Tells our files from others', and one format of ours from the next.
//
// SQLite's application_id says "Skerry", its user_version the format. A file of neither schema nor
// id is a database whose creation was cut short, and is created again.
#pragma once
#include "shared/store/connection.h"

namespace skerry {

// The file's format, zero for a file that is still to be created. Writes nothing. FAILED, saying
// what to do, for a file that is not ours or was written by a newer version.
uint32_t identifyFormat(Connection& connection, const StoreSettings& settings);

// Marks the file as ours, of this format. Part of the caller's transaction.
void markFormat(Connection& connection, uint32_t format);

}  // namespace skerry
