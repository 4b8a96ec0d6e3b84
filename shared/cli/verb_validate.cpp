#include "shared/cli/manifest_files.h"
#include "shared/cli/verb.h"

namespace skerry {
namespace {

int validate(Cli& cli, const std::vector<std::string>& files) {
  auto read = readManifestFiles(cli.machine, files);
  if (!read.failures.empty()) return cli.fail(read.failures);
  auto value = PlainValue::object();
  auto objects = PlainValue::list();
  std::string printed;
  for (auto& manifest : read.manifests) {
    objects.items.push_back(PlainValue::object({{"kind", PlainValue::of(manifest.kind)},
                                                {"tenant", PlainValue::of(manifest.tenant)},
                                                {"name", PlainValue::of(manifest.name)},
                                                {"file", PlainValue::of(manifest.file)},
                                                {"line", PlainValue::of(int64_t(manifest.line))}}));
    printed += manifest.file + ":" + std::to_string(manifest.line) + ": " + manifest.kind + " `" +
               manifest.name + "` is valid\n";
  }
  value.set("objects", std::move(objects));
  cli.print(value, printed);
  return int(ExitCode::DONE);
}

}  // namespace

Run defineValidate(CLI::App& parser) {
  auto files = std::make_shared<std::vector<std::string>>();
  parser.add_option("-f,--file", *files, "a manifest, a folder of them, or `-`")->required();
  return [files](Cli& cli) -> kj::Promise<int> { return validate(cli, *files); };
}

}  // namespace skerry
