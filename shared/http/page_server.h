// A few pages over HTTP/1.1, for machines and for a look: GET and HEAD only, nothing is changed by
// asking, every connection behind a guard. Without TLS and without asking who comes: for loopback
// and networks of operators; no page holds a secret.
#pragma once
#include <kj/async-io.h>
#include <kj/timer.h>
#include <functional>
#include <map>
#include <string>

namespace skerry {

struct PageAnswer {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};
// By path, without a query. Called from the loop, once for each request.
using Pages = std::map<std::string, std::function<PageAnswer()>>;

class PageServer {
public:
  virtual ~PageServer() noexcept(false) {}
  virtual size_t connectionCount() const = 0;
};

// Serves from now on, until dropped. `timer` outlives it. What a page throws is a 500.
kj::Own<PageServer> newPageServer(kj::Timer& timer, kj::Own<kj::ConnectionReceiver> port,
                                  Pages pages);

}  // namespace skerry
