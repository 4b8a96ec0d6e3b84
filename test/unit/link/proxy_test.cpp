#include "shared/link/proxy.h"
#include "shared/link/dialer.h"
#include "shared/link/listener.h"
#include "test/sim/sim_proxy.h"
#include "test/unit/link/link_sim.h"

namespace skerry {
namespace {

using State = ProxyReply::State;

TEST_CASE("a proxy is read from its URL, with user and password or without") {
  auto plain = std::get<Proxy>(parseProxy("http://proxy.example:3128"));
  CHECK(plain.address == "proxy.example:3128");
  CHECK(plain.authorization.empty());
  CHECK(std::get<Proxy>(parseProxy("http://[fd00::1]:8080/")).address == "[fd00::1]:8080");
  auto guarded = std::get<Proxy>(parseProxy("http://ann:p%40ss%3aword@10.0.0.1:3128"));
  CHECK(guarded.address == "10.0.0.1:3128");
  CHECK(guarded.authorization == "Basic YW5uOnBAc3M6d29yZA==");
}

TEST_CASE("what is no URL of a proxy is refused, saying how one is written") {
  for (auto url : {"proxy:3128", "https://proxy:3128", "http://proxy", "http://proxy:",
                   "http://:80", "http://proxy:0", "http://proxy:65536",
                   "http://pro xy:80", "http://a@proxy:80",
                   "http://proxy:80/path", "http://a:%zz@proxy:80", "http://p\r\nx:80", ""}) {
    auto wrong = parseProxy(url);
    INFO(url);
    REQUIRE(std::holds_alternative<std::string>(wrong));
    CHECK(std::get<std::string>(wrong).ends_with("http://[USER:PASSWORD@]HOST:PORT"));
  }
  auto endless = "http://" + std::string(PROXY_URL_BYTES_MAX, 'a') + ":80";
  CHECK(std::holds_alternative<std::string>(parseProxy(endless)));
}

TEST_CASE("a reply is complete at its empty line and nowhere before, wherever it is cut") {
  for (std::string whole : {"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n",
                            "HTTP/1.0 407 Proxy Authentication Required\r\n\r\n",
                            "HTTP/1.1 502\n\n"}) {
    for (size_t cut = 0; cut < whole.size(); cut++) {
      CHECK(readProxyReply(whole.substr(0, cut)).state == State::INCOMPLETE);
    }
    auto reply = readProxyReply(whole + "more");
    CHECK(reply.state == State::COMPLETE);
    CHECK(reply.bytes == whole.size());
    CHECK(reply.status == std::stoul(whole.substr(9, 3)));
  }
  CHECK(readProxyReply("HTTP/1.1 403 No\x1b[2J way\r\n\r\n").phrase == "No?[2J way");
  auto chatty = "HTTP/1.1 403 " + std::string(4000, 'a') + "\r\n\r\n";
  CHECK(readProxyReply(chatty).phrase.size() == 80);
}

TEST_CASE("what another service says is no reply, and is known at its first bytes") {
  for (auto alien : {"SSH-2.0-OpenSSH", "HTTP/2", "\x15\x03\x01", "220 mail", "h"}) {
    CHECK(readProxyReply(alien).state == State::ALIEN);
  }
  for (auto broken : {"HTTP/1.1\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000\r\n\r\n",
                      "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n", "HTTP/1.1-200 x\r\n\r\n"}) {
    INFO(broken);
    CHECK(readProxyReply(broken).state == State::ALIEN);
  }
}

// A child that dials its parent through the proxy.
struct Dialling {
  LinkSim sim;
  SimProxy proxy{sim.stranger};
  SimWorld& world = sim.world;
  kj::Own<Listener> parent;
  Outward outward{sim.child.host(), "http://ann:secret@stranger:3128"};
  kj::Own<Dialer> dialer;

  Dialling() {
    Listener::Doors doors{[](Secured peer) { return drain(kj::mv(peer.stream)); },
                          [](Secured peer) { return drain(kj::mv(peer.stream)); }};
    parent = kj::heap<Listener>(sim.listen(), world.timer(), *sim.parentShaker,
                                kj::mv(doors));
  }
  void dial() {
    dialer = kj::heap<Dialer>(outward.host(), *sim.childShaker,
                              std::vector<std::string>{"parent:7000"}, [this](Secured peer) {
      dialer->answered();
      return drain(kj::mv(peer.stream)).then([] { return kj::str("it ended"); });
    });
  }
  bool isConnected() const { return dialer->state().phase == Dialer::Phase::CONNECTED; }
  // Why the first attempt failed.
  std::string failure() {
    dial();
    for (int i = 0; i < 400 && dialer->state().lastError.empty(); i++) world.runFor(50);
    return dialer->state().lastError;
  }
};

TEST_CASE("a parent is reached through a proxy, which is asked for its name") {
  Dialling child;
  child.dial();
  child.world.runFor(500);
  CHECK(child.isConnected());
  REQUIRE(child.proxy.requests.size() == 1);
  CHECK(child.proxy.requests[0] ==
        "CONNECT parent:7000 HTTP/1.1\r\nHost: parent:7000\r\n"
        "Proxy-Authorization: Basic YW5uOnNlY3JldA==\r\n\r\n");
}

TEST_CASE("a proxy that refuses is named with its status and what to do, never its password") {
  for (auto& [reply, advice] : std::map<std::string, std::string>{
           {"407 Proxy Authentication Required", "--proxy http://USER:PASSWORD@"},
           {"403 Forbidden", "allow CONNECT"}, {"502 Bad Gateway", "cannot reach it"},
           {"418 I'm a teapot", "teapot"}}) {
    Dialling child;
    child.proxy.reply = "HTTP/1.1 " + reply + "\r\nContent-Length: 3\r\n\r\nbad";
    child.proxy.then = SimProxy::Then::HANG_UP;
    auto why = child.failure();
    INFO(why);
    CHECK(why.starts_with("the proxy stranger:3128 answered " + reply));
    CHECK(why.find(advice) != why.npos);
    CHECK(why.find("secret") == why.npos);
  }
}

TEST_CASE("a proxy that hangs costs a bounded wait, at every cut of its reply") {
  std::string whole = "HTTP/1.1 200 OK\r\n\r\n";
  for (size_t cut : {size_t(0), size_t(5), size_t(12), whole.size() - 1}) {
    Dialling child;
    child.proxy.reply = whole.substr(0, cut);
    child.proxy.then = SimProxy::Then::HANG;
    CHECK(child.failure() == "the proxy stranger:3128 did not answer in 15 s");
    child.proxy.then = SimProxy::Then::PASS;
    child.proxy.reply = whole;
    child.world.runFor(DIAL_BACKOFF_CAP / kj::MILLISECONDS);
    CHECK(child.isConnected());
  }
}

TEST_CASE("a proxy that hangs up, is none, or says too much is told apart from the parent") {
  for (auto& [reply, why] : std::map<std::string, std::string>{
           {"", "hung up before it had answered"}, {"HTTP/1.1 200", "hung up before"},
           {"SSH-2.0-x\r\n", "does not answer as an HTTP proxy does"},
           {"HTTP/1.1 200 OK\r\n\r\nand more", "does not answer as an HTTP proxy does"},
           {"HTTP/1.1 200 OK\r\n" + std::string(PROXY_REPLY_BYTES_MAX, 'x'),
            "does not answer as an HTTP proxy does"}}) {
    Dialling child;
    child.proxy.reply = reply;
    child.proxy.then = SimProxy::Then::HANG_UP;
    auto said = child.failure();
    INFO(said);
    CHECK(said.starts_with("the proxy stranger:3128 "));
    CHECK(said.find(why) != said.npos);
  }
}

TEST_CASE("a session comes back after the proxy was gone") {
  Dialling child;
  child.dial();
  child.world.runFor(500);
  REQUIRE(child.isConnected());
  child.proxy.close();
  child.world.runFor(5'000);
  CHECK_FALSE(child.isConnected());
  CHECK(child.dialer->state().lastError.starts_with("the proxy stranger:3128: "));
  child.proxy.open();
  child.world.runFor(DIAL_BACKOFF_CAP / kj::MILLISECONDS);
  CHECK(child.isConnected());
}

TEST_CASE("without a proxy the machine's own network is used") {
  LinkSim sim;
  Outward direct(sim.child.host(), "");
  CHECK(&direct.host().network == &sim.child.host().network);
  CHECK_THROWS_WITH(Outward(sim.child.host(), "socks://x:1"),
                    doctest::Contains("only proxies that speak http://"));
}

}  // namespace
}  // namespace skerry
