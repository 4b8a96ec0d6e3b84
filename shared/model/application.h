// The body of a revision: an application as central signs it and a site runs it, as canonical bytes
// (shared/model/encoded.h). Without placement and priority, which are the intent's; two manifests
// that mean the same are the same bytes, so applying one after the other changes nothing.
//
// Includes generated code; what the site's planner needs of it is in service_spec.h without.
#pragma once
#include "capnp/manifest.capnp.h"
#include "shared/crypto/bytes.h"
#include "shared/model/problem.h"
#include <optional>
#include <string>
#include <string_view>

namespace skerry {

// Keyed lists sorted by their key, empty blocks left out, values in their shortest spelling
// (restart `always` is no restart, `0.5` CPUs are `500m`). `application` has passed
// applicationProblems().
Bytes canonicalApplication(schema::Application::Reader application);

// A manifest as central stores it: keyed lists sorted, empty blocks left out, all values as they
// were written.
Bytes canonicalManifest(schema::Manifest::Reader manifest);

// The value at PATH inside an encoded application (`services.web.environment.PRINTER`), as compact
// JSON with sorted keys: equal values are equal bytes, to be hashed as an override's basis.
// Absent where the field is unset, and where there is no such path. `[i]` is no part of a PATH:
// what has no key is read and written as a whole. FAILED when `application` is not one.
std::optional<Bytes> valueAt(BytesView application, std::string_view path);

// The application with the value at PATH replaced (JSON, or YAML of one value), or erased when
// `value` is absent. Nothing, and a problem, when the path is none of the schema's, the value does
// not fit, or the result is not a sound application.
std::optional<Bytes> setAt(BytesView application, std::string_view path,
                           std::optional<BytesView> value, Problems& problems);

}  // namespace skerry
