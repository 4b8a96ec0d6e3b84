// Exceptions for people: without the expression that was expected to hold, without the call that
// failed, and without the names of our source.
#pragma once
#include <kj/exception.h>
#include <string>

namespace skerry {

// "expected x == y; the disk is full; file = a.db" is "the disk is full (a.db)".
std::string plainly(const kj::Exception& reason);
// The first sentence of it: without the operands.
std::string briefly(const kj::Exception& reason);

// Of a description that came from elsewhere.
std::string plainly(std::string description);

}  // namespace skerry
