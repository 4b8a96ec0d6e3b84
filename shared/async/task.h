// Coroutines over KJ promises, for a Cap'n Proto (0.9) whose headers predate them.
//
//   Task<int> sum(kj::Timer& timer) {  // `timer` outlives the task: write such lifetimes down
//     auto first = measure(timer);     // 1. name the promise,
//     int a = co_await first;          // 2. then await it
//     co_return a + 1;
//   }
//   kj::Promise<int> promise = sum(timer);
//
// A task runs at once, up to its first co_await, and converts to a kj::Promise. Dropping that
// cancels: the locals of the coroutine are destroyed where it waits.
//
// Rules, all of them found by breaking them:
// - A coroutine returns Task<T>, never kj::Promise<T>: GCC 12 fails (ICE) on any coroutine whose
//   return type has a destructor that may throw, and kj::Promise's may.
// - The operand of co_await is a name, or a call whose arguments hold no lambda, no braces and no
//   aggregate temporary: GCC 12 destroys those twice, in silence.
// - No co_await inside KJ_ASSERT_NONNULL and its like (ICE): name the result first. None inside a
//   `catch` (the language): record, leave, then await. None while a KJ_CONTEXT is alive.
// - A lambda with captures is never itself a coroutine: the captures die at the first suspension.
//   Whatever it needs becomes a parameter, by value or with a written lifetime.
// - A coroutine must not drop its own promise.
#pragma once
#include <capnp/common.h>
#include <kj/async.h>
#include <kj/exception.h>
#include <coroutine>

static_assert(CAPNP_VERSION / 1000 == 9, "written against the promise nodes inside KJ 0.9");

namespace skerry {

namespace task {
template <typename T> class Frame;
}

// A coroutine, owned. Convert it to a kj::Promise (implicitly) or co_await it; dropping it cancels.
template <typename T>
class [[nodiscard]] Task {
public:
  using promise_type = task::Frame<T>;

  explicit Task(task::Frame<T>& frame) noexcept : frame(&frame) {}
  Task(Task&& other) noexcept : frame(other.frame) { other.frame = nullptr; }
  Task& operator=(Task&&) = delete;
  ~Task() noexcept {
    if (frame != nullptr) (void)kj::Promise<T>(kj::mv(*this));
  }

  operator kj::Promise<T>() &&;

private:
  task::Frame<T>* frame;
};

namespace task {

// What does not depend on the result. A frame is three things to KJ: the promise node its owner
// holds, the event that resumes the body, and the disposer that destroys (so cancels) it.
class FrameBase : public kj::_::PromiseNode, private kj::_::Event, public kj::Disposer {
public:
  std::suspend_never initial_suspend() noexcept { return {}; }
  std::suspend_always final_suspend() noexcept { return {}; }

  void unhandled_exception() {
    KJ_IF_MAYBE(reason, kj::runCatchingExceptions([] { throw; })) {
      if (cancelled) return;  // a local's destructor failed: nobody is left to hear it
      outcome.addException(kj::mv(*reason));
      if (!settled) settle();
    }
  }

  void waitFor(kj::Own<kj::_::PromiseNode>& node) {
    node->setSelfPointer(&node);
    node->onReady(this);
  }

protected:
  FrameBase(std::coroutine_handle<> body, kj::_::ExceptionOrValue& outcome)
      : body(body), outcome(outcome) {}

  void settle() {
    settled = true;
    ready.arm();
  }

private:
  void onReady(kj::_::Event* event) noexcept override { ready.init(event); }
  void tracePromise(kj::_::TraceBuilder& trace, bool) override { trace.add(body.address()); }
  void traceEvent(kj::_::TraceBuilder& trace) override {
    trace.add(body.address());
    ready.traceEvent(trace);
  }
  kj::Maybe<kj::Own<kj::_::Event>> fire() override {
    body.resume();
    return nullptr;
  }
  void disposeImpl(void*) const override {
    const_cast<bool&>(cancelled) = true;
    std::coroutine_handle<>(body).destroy();
  }

  std::coroutine_handle<> body;
  kj::_::ExceptionOrValue& outcome;
  OnReadyEvent ready;
  bool settled = false;
  bool cancelled = false;
};

template <typename U>
class Awaiter {
public:
  Awaiter(FrameBase& frame, kj::Promise<U>&& promise)
      : frame(frame), node(kj::_::PromiseNode::from(kj::mv(promise))) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) { frame.waitFor(node); }
  U await_resume() {
    kj::_::ExceptionOr<kj::_::FixVoid<U>> result;
    node->get(result);
    node = nullptr;
    return kj::_::convertToReturn(kj::mv(result));
  }

private:
  FrameBase& frame;
  kj::Own<kj::_::PromiseNode> node;
};

template <typename Self, typename T>
struct Returning {
  void return_value(T value) { static_cast<Self&>(*this).finish(kj::mv(value)); }
};
template <typename Self>
struct Returning<Self, void> {
  void return_void() { static_cast<Self&>(*this).finish({}); }
};

template <typename T>
class Frame final : public FrameBase, public Returning<Frame<T>, T> {
public:
  Frame() : FrameBase(std::coroutine_handle<Frame>::from_promise(*this), result) {}
  Task<T> get_return_object() { return Task<T>(*this); }

  template <typename U>
  Awaiter<U> await_transform(kj::Promise<U>&& promise) { return {*this, kj::mv(promise)}; }
  template <typename U>
  Awaiter<U> await_transform(kj::Promise<U>& promise) { return {*this, kj::mv(promise)}; }
  template <typename U>
  Awaiter<U> await_transform(Task<U>&& task) { return {*this, kj::Promise<U>(kj::mv(task))}; }
  template <typename U>
  Awaiter<U> await_transform(Task<U>& task) { return {*this, kj::Promise<U>(kj::mv(task))}; }

  void finish(kj::_::FixVoid<T>&& value) {
    result.value = kj::mv(value);
    settle();
  }

private:
  // Never inlined: GCC 12 guesses this body into waits for other types, and warns of its own guess.
  [[gnu::noinline]] void get(kj::_::ExceptionOrValue& output) noexcept override {
    output.as<kj::_::FixVoid<T>>() = kj::mv(result);
  }
  kj::_::ExceptionOr<kj::_::FixVoid<T>> result;
};

}  // namespace task

template <typename T>
Task<T>::operator kj::Promise<T>() && {
  auto& taken = *frame;
  frame = nullptr;
  return kj::_::PromiseNode::to<kj::Promise<T>>(kj::Own<kj::_::PromiseNode>(&taken, taken));
}

}  // namespace skerry
