// What makes a declared object sound, beyond the types of its fields. The client checks with the
// same code before it sends, central again: a client is free to send anything.
#pragma once
#include "capnp/manifest.capnp.h"
#include "shared/model/problem.h"

namespace skerry {

// Everything wrong with an object, `file` and `line` left empty. Never throws for a sound message.
Problems manifestProblems(schema::Manifest::Reader manifest);
Problems applicationProblems(schema::Application::Reader application);

}  // namespace skerry
