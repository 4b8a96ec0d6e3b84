#include "shared/pki/identity.h"
#include "shared/host/files.h"
#include "test/sim/seeded_entropy.h"
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <openssl/evp.h>
#include <cstdlib>
#include <sys/stat.h>

namespace skerry {
namespace {

constexpr int64_t NOW_MS = 1'700'000'000'000;

struct Folder {
  kj::Own<const kj::Directory> files = kj::newInMemoryDirectory(kj::nullClock());
  IdentityFolder identity{*files};
  SeededEntropy entropy{1};
  OwnKey rootKey = newKey(entropy);
  OwnCert root = issueRoot(*rootKey, "fleet:acme", NOW_MS, entropy);

  Identity enrolled(OwnKey key) {
    Identity made;
    made.chain.push_back(issueLeaf({*root, *rootKey}, *key, "site:a/b", NOW_MS, entropy));
    made.key = kj::mv(key);
    made.root = share(*root);
    return made;
  }
  std::string loadError() {
    KJ_IF_MAYBE(e, kj::runCatchingExceptions([&] { identity.load(); })) {
      return std::string(e->getDescription().cStr());
    }
    return "none";
  }
  void overwrite(const char* name, BytesView content) {
    replaceDurably(*files, kj::Path({"identity", name}), content);
  }
};

TEST_CASE("an identity is read back as it was saved") {
  Folder f;
  CHECK_FALSE(f.identity.isEnrolled());
  CHECK(f.identity.load() == nullptr);
  auto saved = f.enrolled(newKey(f.entropy));
  f.identity.save(saved);
  CHECK(f.identity.isEnrolled());
  auto maybe = f.identity.load();
  auto& loaded = KJ_ASSERT_NONNULL(maybe);
  CHECK(keyHash(*loaded.key) == keyHash(*saved.key));
  CHECK(der(*loaded.chain.at(0)) == der(*saved.chain[0]));
  CHECK(der(*loaded.root) == der(*f.root));
}

TEST_CASE("a join that is tried again asks with the same key") {
  Folder f;
  auto first = f.identity.keyOrNew(DEVICE_KEY, f.entropy);
  auto second = IdentityFolder(*f.files).keyOrNew(DEVICE_KEY, f.entropy);
  CHECK(keyHash(*first) == keyHash(*second));
  auto ca = f.identity.keyOrNew("ca.key", f.entropy);
  CHECK(keyHash(*ca) != keyHash(*first));
  CHECK(f.identity.key("document.key") == nullptr);
}

TEST_CASE("a key without a certificate is not yet enrolled") {
  Folder f;
  f.identity.keyOrNew(DEVICE_KEY, f.entropy);
  CHECK_FALSE(f.identity.isEnrolled());
  CHECK(f.identity.load() == nullptr);
}

TEST_CASE("renewal replaces the chain and nothing else") {
  Folder f;
  auto saved = f.enrolled(newKey(f.entropy));
  f.identity.save(saved);
  std::vector<OwnCert> renewed;
  renewed.push_back(issueLeaf({*f.root, *f.rootKey}, *saved.key, "site:a/b", NOW_MS + DAY_MS,
                              f.entropy));
  f.identity.saveChain(renewed);
  auto maybe = f.identity.load();
  CHECK(der(*KJ_ASSERT_NONNULL(maybe).chain.at(0)) == der(*renewed[0]));
  CHECK(keyHash(*KJ_ASSERT_NONNULL(maybe).key) == keyHash(*saved.key));
}

TEST_CASE("files that are missing, damaged or of another identity are named") {
  auto contains = [](const std::string& whole, const char* part) {
    return whole.find(part) != whole.npos;
  };
  Folder f;
  f.identity.save(f.enrolled(newKey(f.entropy)));
  auto otherKey = newKey(f.entropy);
  f.identity.saveKey(DEVICE_KEY, *otherKey);
  CHECK(contains(f.loadError(), "is not for identity/device.key"));
  f.overwrite("device.key", view("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
  CHECK(contains(f.loadError(), "device.key"));
  f.files->remove(kj::Path({"identity", "device.key"}));
  CHECK(contains(f.loadError(), "device.key is missing"));
  f.overwrite("chain.pem", view("nothing"));
  CHECK(contains(f.loadError(), "chain.pem"));
  f.overwrite("chain.pem", view(std::string(CHAIN_FILE_BYTES_MAX + 1, 'x')));
  CHECK(f.loadError() != "none");
}

TEST_CASE("a certificate for another key is not saved") {
  Folder f;
  auto wrong = f.enrolled(newKey(f.entropy));
  wrong.key = newKey(f.entropy);
  CHECK_THROWS(f.identity.save(wrong));
  CHECK_FALSE(f.identity.isEnrolled());
}

TEST_CASE("erasing leaves nothing, and erasing nothing is no error") {
  Folder f;
  f.identity.save(f.enrolled(newKey(f.entropy)));
  f.identity.erase();
  CHECK_FALSE(f.files->exists(kj::Path("identity")));
  f.identity.erase();
}

TEST_CASE("keys of other kinds are kept too") {
  Folder f;
  OwnKey elliptic(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  f.identity.saveKey("p256.key", *elliptic);
  CHECK(keyHash(*f.identity.key("p256.key")) == keyHash(*elliptic));
}

TEST_CASE("on a real disk nobody else can read a key") {
  char folder[] = "/tmp/skerry-identity-XXXXXX";
  REQUIRE(mkdtemp(folder) != nullptr);
  auto disk = kj::newDiskFilesystem();
  auto path = disk->getCurrentPath().evalNative(folder);
  {
    auto files = disk->getRoot().openSubdir(path, kj::WriteMode::MODIFY);
    SeededEntropy entropy(3);
    IdentityFolder(*files).keyOrNew(DEVICE_KEY, entropy);
    struct stat facts;
    REQUIRE(stat((std::string(folder) + "/identity/device.key").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0600);
  }
  disk->getRoot().remove(path);
}

}  // namespace
}  // namespace skerry
