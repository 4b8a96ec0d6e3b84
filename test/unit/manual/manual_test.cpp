// Manual pages and completions, from a parser as programs define theirs.
#include "shared/manual/completion.h"
#include "shared/manual/manual_page.h"
#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

namespace skerry {
namespace {

// A program with one of everything.
struct Program {
  Program() : app("Tends it's sheep.", "shepherd") {
    app.add_option("--data", data, "the data folder")->capture_default_str();
    app.add_option("-o,--output", output, "the form")->type_name("table|json");
    auto* count = app.add_subcommand("count", "count them");
    count->alias("number");
    count->add_flag("--twice", twice, "to be sure");
    count->add_option("FIELD", words, "where")->required()->expected(1, 3);
    auto* dog = app.add_subcommand("dog", "the dog");
    auto* send = dog->add_subcommand("send", "send it");
    send->add_option("--way", way, "which way")->check(CLI::IsMember({"left", "right"}));
    send->add_option("WHO", who, "which one")->type_name("rex|bella");
    app.add_subcommand("secret", "not for everybody")->group("");
  }
  CLI::App app;
  std::string data = "/var/lib/it", output, way, who;
  std::vector<std::string> words;
  bool twice = false;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a command line is described as its parser defines it, without what is hidden") {
  Program program;
  auto command = describeCommand(program.app);
  CHECK(command.name == "shepherd");
  REQUIRE(command.options.size() == 2);
  CHECK(command.options[0] ==
        OptionWords{"--data", "", "the data folder", "VALUE", {}, "/var/lib/it"});
  CHECK(command.options[1] ==
        OptionWords{"--output", "-o", "the form", "table|json", {"table", "json"}, ""});
  REQUIRE(command.verbs.size() == 2);
  CHECK(command.verbs[0].aliases == std::vector<std::string>{"number"});
  CHECK(command.verbs[0].options[0] == OptionWords{"--twice", "", "to be sure", "", {}, ""});
  CHECK(command.verbs[0].arguments[0] == ArgumentWords{"FIELD", "where", {}, true, true});
  auto& send = command.verbs[1].verbs[0];
  CHECK(send.options[0].choices == std::vector<std::string>{"left", "right"});
  CHECK(send.arguments[0] == ArgumentWords{"WHO", "which one", {"rex", "bella"}, false, false});
}

TEST_CASE("a manual page has every verb and option, and nothing in it is an instruction") {
  Program program;
  auto command = describeCommand(program.app);
  command.verbs[0].options[0].help = ".SH not \\a section";
  auto page = manualPage(command, 8, "1.2.3");
  CHECK(has(page, ".TH SHEPHERD 8 \"\" \"Skerry 1.2.3\"\n"));
  CHECK(has(page, "\\fB\\-o\\fR, \\fB\\-\\-output\\fR \\fItable|json\\fR\nthe form\n"));
  CHECK(has(page, "(/var/lib/it unless said)"));
  CHECK(has(page, ".SS \\fBshepherd count\\fR [\\fIOPTION\\fR ...] \\fIFIELD\\fR ...\n"));
  CHECK(has(page, "Also: \\fBshepherd number\\fR.\n"));
  CHECK(has(page, ".SS \\fBshepherd dog send\\fR [\\fIOPTION\\fR ...] "
                  "[\\fBrex\\fR|\\fBbella\\fR]"));
  CHECK(has(page, "\n\\&.SH not \\ea section\n"));
  CHECK(!has(page, "secret"));
}

TEST_CASE("every shell's script has the verbs, their options and the values that are of a few") {
  Program program;
  auto command = describeCommand(program.app);
  for (auto name : {"bash", "zsh", "fish"}) {
    CAPTURE(name);
    auto script = completionScript(command, shellNamed(name).value());
    for (auto word : {"count", "number", "dog", "send", "twice", "way", "left", "right", "rex"}) {
      CAPTURE(word);
      CHECK(has(script, word));
    }
    CHECK(!has(script, "secret"));
  }
  CHECK(!shellNamed("tcsh"));
}

TEST_CASE("a quote in a help text ends no string of a script") {
  Program program;
  program.app.get_subcommand("dog")->description("it's the dog");
  auto command = describeCommand(program.app);
  CHECK(has(completionScript(command, Shell::ZSH), "'dog:it'\\''s the dog'"));
  CHECK(has(completionScript(command, Shell::FISH), "-d 'it\\'s the dog'"));
}

}  // namespace
}  // namespace skerry
