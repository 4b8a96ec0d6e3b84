#include "shared/journal/chronicle.h"
#include "shared/journal/event_wire.h"
#include <kj/debug.h>
#include <algorithm>
#include <charconv>

namespace skerry {
namespace {

constexpr std::string_view EPOCH_ROW = "epoch", LIFE_ROW = "life";
constexpr kj::StringPtr SELF = "self"_kj;

// The rows of a journal. No child is called so that it could take the daemon's own.
std::string documentOf(const std::string& name) {
  return name.empty() ? std::string(SELF.cStr()) : "child/" + name;
}
kj::StringPtr pointer(const std::string& text) { return {text.c_str(), text.size()}; }

void put(Batch& batch, const std::string& name, const EventRows& rows) {
  auto document = documentOf(name);
  for (auto& [key, value] : rows.puts) {
    batch.put(Table::EVENT, pointer(document), view(key), view(value));
  }
  for (auto& key : rows.erases) batch.erase(Table::EVENT, pointer(document), view(key));
}

Bytes epochRow(uint64_t epoch) {
  auto digits = std::to_string(epoch);
  return copy(view(digits));
}
uint64_t readEpoch(BytesView row) {
  auto digits = text(row);
  uint64_t epoch = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), epoch);
  return epoch;
}

}  // namespace

Chronicle::Chronicle(Host& host, EventLogBounds own, EventLogBounds others)
    : host(host), own(own), others(others), startedMs(host.clock.wallMs()),
      tasks(kj::heap<kj::TaskSet>(static_cast<kj::TaskSet::ErrorHandler&>(*this))) {
  auto pair = kj::newPromiseAndFulfiller<void>();
  mover = kj::mv(pair.fulfiller);
  moved = pair.promise.fork();
}

Chronicle::~Chronicle() noexcept(false) {
  askers.cancel("the daemon's journals are closed");
  asked.cancel("the daemon's journals are closed");
  opening = kj::READY_NOW;
  tasks = nullptr;
  shelves.clear();
}

void Chronicle::begin(uint64_t epoch, std::string version) {
  if (hasBegun) return;
  hasBegun = true;
  epochAtLeast = epoch;
  life = {host.clock.bootId().cStr(), std::move(version), false};
  openLater(0 * kj::SECONDS);
}

void Chronicle::openLater(kj::Duration after) {
  opening = host.timer.afterDelay(after).then([this]() -> kj::Promise<void> {
    return openOnce();
  }).then([this] {
    pause = JOURNAL_RETRY;
    isArmed = false;
    arm(EVENT_BURST);
    announce();
  }).eagerlyEvaluate([this](kj::Exception&& reason) {
    // Whatever is wrong with it, it may be lost: orders are kept elsewhere.
    if (reason.getType() == kj::Exception::Type::FAILED) {
      for (auto end : {"", "-wal", "-shm"}) {
        host.files.tryRemove(kj::Path(kj::str(TELEMETRY_DATABASE, end)));
      }
    }
    lose();
  });
}

// The steps of opening, apart, because each waits.
Task<void> Chronicle::openOnce() {
  auto openingStore = openStore(host, TELEMETRY_DATABASE);
  store = co_await openingStore;
  auto asking = open().get(Table::META, SELF, view(EPOCH_ROW));
  auto row = co_await asking;
  epochUsed = epochAtLeast;
  KJ_IF_MAYBE(bytes, row) epochUsed = std::max<uint64_t>(readEpoch(view(*bytes)), 1);
  auto loading = load(OWN_JOURNAL);
  co_await loading;
  auto& log = shelf(OWN_JOURNAL).log;
  epochUsed = std::max(epochUsed, log.epoch());
  log.begin(epochUsed);
  auto askingLife = open().get(Table::META, SELF, view(LIFE_ROW));
  auto lifeRow = co_await askingLife;
  if (!isStarted) {
    isStarted = true;
    kj::Maybe<LifeRecord> before;
    KJ_IF_MAYBE(bytes, lifeRow) before = decodeLife(view(*bytes));
    const LifeRecord* known = nullptr;
    KJ_IF_MAYBE(it, before) known = it;
    auto event = startedEvent(known, life);
    event.atMs = startedMs;
    unwritten.insert(unwritten.begin(), std::move(event));
  }
}

// Not from within what is lost.
void Chronicle::lose() {
  if (isLosing) return;
  isLosing = true;
  tasks->add(kj::evalLater([this] {
    isLosing = false;
    asked.cancel("the journals are opened anew; try again");
    shelves.clear();
    store = nullptr;
    openLater(pause);
    pause = std::min(pause * 2, JOURNAL_RETRY_MAX);
  }));
}

void Chronicle::announce() {
  mover->fulfill();
  auto pair = kj::newPromiseAndFulfiller<void>();
  mover = kj::mv(pair.fulfiller);
  moved = pair.promise.fork();
}

// A disk that takes nothing is asked ever less often.
void Chronicle::taskFailed(kj::Exception&& exception) {
  isArmed = false;
  if (exception.getType() != kj::Exception::Type::OVERLOADED) return;
  arm(pause);
  pause = std::min(pause * 2, JOURNAL_RETRY_MAX);
}

Store& Chronicle::open() {
  KJ_IF_MAYBE(it, store) return **it;
  kj::throwFatalException(KJ_EXCEPTION(OVERLOADED, "the journals are being opened; try again"));
}

Chronicle::Shelf& Chronicle::shelf(const std::string& name) {
  auto found = shelves.find(name);
  if (found == shelves.end()) {
    found = shelves.emplace(name, kj::heap<Shelf>(name.empty() ? own : others)).first;
  }
  return *found->second;
}

// `step` runs when those before it are over, whatever became of them.
template <typename T>
kj::Promise<T> Chronicle::inTurn(const std::string& name, std::function<kj::Promise<T>()> step) {
  auto& place = shelf(name);
  auto work = place.turn.addBranch().then([step = std::move(step)] { return step(); }).fork();
  place.turn = work.addBranch().ignoreResult().catch_([](kj::Exception&&) {}).fork();
  return asked.wrap(work.addBranch());
}

kj::Promise<void> Chronicle::commit(Batch batch) {
  return open().commit(kj::mv(batch)).then([](uint64_t) {}, [this](kj::Exception&& reason) {
    if (reason.getType() != kj::Exception::Type::OVERLOADED) lose();
    kj::throwFatalException(kj::mv(reason));
  });
}

// A journal with a damaged row is begun anew: what follows on it could not be told apart.
Task<void> Chronicle::load(std::string name) {
  if (shelf(name).isLoaded) co_return;
  auto document = documentOf(name);
  auto scanning = open().scan(Table::EVENT, pointer(document)).then(
      [](std::vector<Row>&& rows) { return kj::Maybe<std::vector<Row>>(kj::mv(rows)); },
      [](kj::Exception&& reason) -> kj::Maybe<std::vector<Row>> {
    if (reason.getType() != kj::Exception::Type::FAILED) kj::throwFatalException(kj::mv(reason));
    return nullptr;
  });
  auto found = co_await scanning;
  auto& place = shelf(name);
  place.isLoaded = true;
  KJ_IF_MAYBE(rows, found) {
    for (auto& row : *rows) place.log.load(decodePiece(view(row.value)));
    co_return;
  }
  if (name == OWN_JOURNAL) ++epochUsed;
  Batch batch;
  batch.eraseAll(Table::EVENT, pointer(document));
  batch.put(Table::META, SELF, view(EPOCH_ROW), view(epochRow(epochUsed)));
  auto erasing = commit(kj::mv(batch));
  co_await erasing;
}

void Chronicle::record(Event event) {
  if (event.atMs == 0) event.atMs = host.clock.wallMs();
  if (event.text.size() > EVENT_TEXT_BYTES_MAX) event.text.resize(EVENT_TEXT_BYTES_MAX);
  if (unwritten.size() >= EVENTS_UNWRITTEN_MAX) {
    ++lostAfter;
    return;
  }
  unwritten.push_back(std::move(event));
  arm(EVENT_BURST);
}

void Chronicle::arm(kj::Duration after) {
  if (isArmed || store == nullptr || unwritten.empty()) return;
  isArmed = true;
  tasks->add(host.timer.afterDelay(after).then([this] {
    return inTurn<bool>(OWN_JOURNAL, [this] { return writeOwn(); });
  }).then([this](bool) {
    isArmed = false;
    arm(EVENT_BURST);
  }));
}

Task<bool> Chronicle::writeOwn() {
  if (unwritten.empty()) co_return false;
  auto events = unwritten;
  auto log = shelf(OWN_JOURNAL).log;
  EventRows rows;
  log.add(events, lostBefore, rows);
  Batch batch;
  put(batch, OWN_JOURNAL, rows);
  if (!isLifeWritten) batch.put(Table::META, SELF, view(LIFE_ROW), view(encodeLife(life)));
  batch.put(Table::META, SELF, view(EPOCH_ROW), view(epochRow(epochUsed)));
  auto committing = commit(kj::mv(batch));
  co_await committing;
  isLifeWritten = true;
  pause = JOURNAL_RETRY;
  shelf(OWN_JOURNAL).log = std::move(log);
  unwritten.erase(unwritten.begin(), unwritten.begin() + ptrdiff_t(events.size()));
  lostBefore = lostAfter;
  lostAfter = 0;
  tell(OWN_JOURNAL, events);
  announce();
  co_return true;
}

kj::Promise<void> Chronicle::end() {
  if (store == nullptr) return kj::READY_NOW;
  life.isOver = true;
  isLifeWritten = false;
  auto writing = inTurn<bool>(OWN_JOURNAL, [this] { return writeOwn(); });
  return host.timer.timeoutAfter(JOURNAL_END_MAX, writing.then([this](bool) -> kj::Promise<void> {
    if (isLifeWritten) return kj::READY_NOW;
    Batch batch;
    batch.put(Table::META, SELF, view(LIFE_ROW), view(encodeLife(life)));
    return commit(kj::mv(batch));
  })).catch_([](kj::Exception&&) {});
}

void Chronicle::tell(const std::string& name, const std::vector<Event>& events) {
  for (auto* follower : followers) follower->told(name, events);
}

kj::Promise<bool> Chronicle::take(std::string name, EventPiece piece) {
  return inTurn<bool>(name, [this, name, piece = std::move(piece)] {
    return takeNow(name, piece);
  });
}

Task<bool> Chronicle::takeNow(std::string name, EventPiece piece) {
  auto loading = load(name);
  co_await loading;
  auto log = shelf(name).log;
  auto known = piece.epoch == log.epoch() ? log.next() : 1;
  EventRows rows;
  if (!log.take(piece, rows)) co_return false;
  Batch batch;
  put(batch, name, rows);
  auto committing = commit(kj::mv(batch));
  co_await committing;
  shelf(name).log = std::move(log);
  if (known > piece.first) {
    piece.events.erase(piece.events.begin(), piece.events.begin() + ptrdiff_t(known - piece.first));
  }
  tell(name, piece.events);
  co_return true;
}

kj::Promise<Chronicle::Mark> Chronicle::markOf(std::string name) {
  return inTurn<Mark>(name, [this, name] { return markNow(name); });
}

// A child that is early waits, so that it need not come again.
Task<Chronicle::Mark> Chronicle::markNow(std::string name) {
  while (store == nullptr) {
    auto opened = moved.addBranch();
    co_await opened;
  }
  auto loading = load(name);
  co_await loading;
  auto& log = shelf(name).log;
  co_return Mark{log.epoch(), log.next() - 1};
}

void Chronicle::forget(const std::string& name) {
  tasks->add(inTurn<bool>(name, [this, name]() -> kj::Promise<bool> {
    auto document = documentOf(name);
    Batch batch;
    batch.eraseAll(Table::EVENT, pointer(document));
    return commit(kj::mv(batch)).then([this, name] {
      shelf(name).log = EventLog(others);
      return true;
    });
  }).ignoreResult());
}

kj::Promise<EventPiece> Chronicle::readOwn(uint64_t from) {
  return inTurn<EventPiece>(OWN_JOURNAL, [this, from] { return readNow(from); });
}

Task<EventPiece> Chronicle::readNow(uint64_t from) {
  auto key = shelf(OWN_JOURNAL).log.keyOf(from);
  if (!key) co_return EventPiece();
  auto reading = open().get(Table::EVENT, SELF, view(*key));
  auto row = co_await reading;
  KJ_IF_MAYBE(bytes, row) {
    auto piece = decodePiece(view(*bytes));
    co_return shelf(OWN_JOURNAL).log.cutFor(from, std::move(piece));
  }
  co_return EventPiece();
}

kj::Promise<void> Chronicle::beginEpoch(uint64_t epoch) {
  return inTurn<bool>(OWN_JOURNAL, [this, epoch] { return beginEpochNow(epoch); }).ignoreResult();
}

Task<bool> Chronicle::beginEpochNow(uint64_t epoch) {
  if (epoch <= epochUsed) co_return false;
  Batch batch;
  batch.put(Table::META, SELF, view(EPOCH_ROW), view(epochRow(epoch)));
  auto committing = commit(kj::mv(batch));
  co_await committing;
  epochUsed = epoch;
  shelf(OWN_JOURNAL).log.begin(epoch);
  co_return true;
}

kj::Promise<std::vector<Event>> Chronicle::find(std::vector<std::string> names, EventFilter filter,
                                                size_t max, Where where) {
  return asked.wrap<std::vector<Event>>(search(std::move(names), std::move(filter), max,
                                               std::move(where)));
}

Task<std::vector<Event>> Chronicle::search(std::vector<std::string> names, EventFilter filter,
                                           size_t max, Where where) {
  EventSearch found(filter, max, where);
  bool isOwnAsked = std::find(names.begin(), names.end(), OWN_JOURNAL) != names.end();
  // First: what becomes durable meanwhile is found twice, and counts once.
  if (isOwnAsked) found.add(OWN_JOURNAL, EventPiece{epochUsed, 1, lostBefore, unwritten});
  for (size_t i = 0; i < names.size() && store != nullptr; ++i) {
    auto document = documentOf(names[i]);
    auto scanning = open().scan(Table::EVENT, pointer(document));
    auto rows = co_await scanning;
    for (auto& row : rows) found.add(names[i], decodePiece(view(row.value)));
  }
  co_return found.take();
}

}  // namespace skerry
