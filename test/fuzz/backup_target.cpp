// A backup file, as it comes back from wherever it was kept: any bytes, and any records under a sum
// that is right.
#include "shared/daemon/backup_file.h"
#include "test/fuzz/fuzz.h"

namespace skerry {
namespace {

constexpr size_t SUM_BYTES = sizeof(Hash);

void read(BytesView input) {
  std::string why;
  auto backup = decodeBackup(input, why);
  mustHold(backup.has_value() == why.empty(), "a refusal says why");
  if (!backup) return;
  for (auto& file : backup->files) {
    mustHold(!file.path.empty(), "a file has a place");
    for (auto& part : file.path) {
      mustHold(part != ".." && part.find('/') == std::string::npos, "a file is inside the folder");
    }
  }
  mustHold(decodeBackup(view(encodeBackup(*backup)), why).has_value(),
           "a backup that was read can be written and read again");
}

void run(BytesView input) {
  read(input);
  auto sealed = copy(input);
  if (sealed.size() > SUM_BYTES) sealed.resize(sealed.size() - SUM_BYTES);
  auto sum = sha256(view(sealed));
  sealed.insert(sealed.end(), sum.view().begin(), sum.view().end());
  read(view(sealed));
}

std::vector<Bytes> seeds() {
  Backup backup;
  backup.about = {"region", "region:north", "0.1.0", sha256(view("root")), 1'800'000'000'000};
  auto bare = encodeBackup(backup);
  backup.files.push_back({{"identity", "chain.pem"}, Bytes(40, 'c')});
  backup.files.push_back({{"admin.context"}, Bytes(9, 'a')});
  backup.rows.put(Table::META, "region", view("era"), view("1"));
  backup.rows.put(Table::ORDERS, "site/oslo", view("app/acme/pos"), view(Bytes(300, 7)));
  auto whole = encodeBackup(backup);
  Backup outside = backup;
  outside.files.push_back({{"..", "shadow"}, Bytes(3, 'x')});
  return {bare, whole, Bytes(whole.begin(), whole.begin() + whole.size() / 2),
          encodeBackup(outside)};
}

FUZZ_TARGET("backup", run, seeds);

}  // namespace
}  // namespace skerry
