//===- StreamEntries.cpp - Entries about streams, events and graphs -----------------------===//
#include "test/cuda-emulator/driver/Graph.h"
#include "test/cuda-emulator/driver/Guard.h"

using namespace sluice::emulator;

// CU_STREAM_NON_BLOCKING and CU_EVENT_DISABLE_TIMING.
static constexpr unsigned streamNonBlocking = 1, eventDisableTiming = 2;

/// Only work may be given to a stream whose work is captured.
static void expectNoCapture(const std::shared_ptr<Stream> &stream) {
  expect(!stream || !stream->capture, CaptureUnsupported);
}

int cuStreamCreate(void **stream, unsigned flags) {
  return guarded([&] {
    expect(stream && flags <= streamNonBlocking);
    Context &context = current();
    auto made = std::make_shared<Stream>(context, !(flags & streamNonBlocking));
    std::lock_guard<std::mutex> lock(context.mutex);
    context.streams.push_back(made);
    *stream = streams().add(std::move(made));
  });
}

int cuStreamCreateWithPriority(void **stream, unsigned flags, int) { return cuStreamCreate(stream, flags); }

int cuStreamDestroy_v2(void *stream) {
  return guarded([&] {
    expectNoCapture(streamOf(stream));
    expect(streams().remove(stream) != nullptr, InvalidHandle);
  });
}

int cuStreamSynchronize(void *stream) {
  return guarded([&] {
    Context &context = current();
    std::shared_ptr<Stream> on = streamOf(stream);
    expectNoCapture(on);
    if (on)
      on->synchronize();
    else
      synchronize(context, true);
    expect(context.status == Success, context.status);
  });
}

int cuStreamQuery(void *stream) {
  return guarded([&] {
    Context &context = current();
    std::shared_ptr<Stream> on = streamOf(stream);
    expectNoCapture(on);
    expect(!on || on->query(), NotReady);
    expect(context.status == Success, context.status);
  });
}

int cuEventCreate(void **event, unsigned flags) {
  return guarded([&] {
    expect(event);
    current();
    auto made = std::make_shared<Event>();
    made->isTimed = !(flags & eventDisableTiming);
    *event = events().add(std::move(made));
  });
}

int cuEventDestroy_v2(void *event) {
  return guarded([&] { expect(events().remove(event) != nullptr, InvalidHandle); });
}

int cuEventRecord(void *event, void *stream) {
  return guarded([&] {
    Context &context = current();
    std::shared_ptr<Event> recorded = objectOf(events(), event);
    std::shared_ptr<Stream> on = streamOf(stream);
    std::lock_guard<std::mutex> lock(recorded->mutex);
    if (on && on->capture) {
      recorded->captured = std::make_shared<CapturePlace>(*on->capture);
      return;
    }
    auto recording = std::make_shared<Recording>();
    recorded->captured = nullptr;
    recorded->last = recording;
    if (!on) {
      synchronize(context, true);
      recording->finish(hostClock());
      return;
    }
    recording->stream = on;
    recording->number = on->submitOrdering([recording](Clock &clock) { recording->finish(clock); });
  });
}

int cuStreamWaitEvent(void *stream, void *event, unsigned flags) {
  return guarded([&] {
    Context &context = current();
    std::shared_ptr<Event> awaited = objectOf(events(), event);
    std::shared_ptr<Stream> on = streamOf(stream);
    std::unique_lock<std::mutex> lock(awaited->mutex);
    if (awaited->captured) {
      expect(on != nullptr, CaptureUnsupported);
      return joinCapture(*on, *awaited->captured);
    }
    std::shared_ptr<Recording> recording = awaited->last;
    lock.unlock();
    // A card goes on at once, which is never what was meant.
    if (!recording)
      throw Fault{LaunchFailed, "deadlock averted: a stream waits for an event that was never recorded"};
    if (!on) {
      synchronize(context, true);
      recording->wait();
      return joinHostClock(recording->clock);
    }
    expectNoCapture(on);
    on->submitOrdering([recording](Clock &clock) {
      recording->wait();
      clock.join(recording->clock);
    });
  });
}

/// The last recording of an event outside of captures; null if there is none.
static std::shared_ptr<Recording> recordingOf(void *event) {
  std::shared_ptr<Event> of = objectOf(events(), event);
  std::lock_guard<std::mutex> lock(of->mutex);
  expect(!of->captured, CaptureUnsupported);
  return of->last;
}

int cuEventSynchronize(void *event) {
  return guarded([&] {
    Context &context = current();
    if (std::shared_ptr<Recording> recording = recordingOf(event)) {
      recording->wait();
      joinHostClock(recording->clock);
    }
    expect(context.status == Success, context.status);
  });
}

int cuEventQuery(void *event) {
  return guarded([&] {
    Context &context = current();
    std::shared_ptr<Recording> recording = recordingOf(event);
    if (!recording)
      return;
    std::unique_lock<std::mutex> lock(recording->mutex);
    bool isDone = recording->isDone;
    lock.unlock();
    if (!isDone) {
      if (auto stream = recording->stream.lock())
        stream->query();
      throw Answer{NotReady};
    }
    joinHostClock(recording->clock);
    expect(context.status == Success, context.status);
  });
}

int cuEventElapsedTime(float *milliseconds, void *start, void *end) {
  return guarded([&] {
    expect(milliseconds);
    std::shared_ptr<Recording> first = recordingOf(start), last = recordingOf(end);
    expect(first && last && objectOf(events(), start)->isTimed && objectOf(events(), end)->isTimed, InvalidHandle);
    std::unique_lock<std::mutex> lockOfFirst(first->mutex);
    bool isFirstDone = first->isDone;
    double began = first->seconds;
    lockOfFirst.unlock();
    std::lock_guard<std::mutex> lockOfLast(last->mutex);
    expect(isFirstDone && last->isDone, NotReady);
    *milliseconds = float((last->seconds - began) * 1e3);
  });
}

int cuStreamBeginCapture_v2(void *stream, int mode) {
  return guarded([&] {
    current();
    std::shared_ptr<Stream> on = streamOf(stream);
    expect(on && !on->capture, CaptureUnsupported);
    expect(mode >= 0 && mode <= 2);
    beginCapture(*on);
  });
}

int cuStreamEndCapture(void *stream, void **graph) {
  return guarded([&] {
    current();
    std::shared_ptr<Stream> on = streamOf(stream);
    expect(graph && on && on->capture && on->capture->isOrigin);
    *graph = nullptr;
    *graph = graphs().add(endCapture(*on));
  });
}

int cuStreamIsCapturing(void *stream, int *status) {
  return guarded([&] {
    expect(status);
    std::shared_ptr<Stream> on = streamOf(stream);
    *status = on && on->capture;
  });
}

int cuGraphInstantiateWithFlags(void **exec, void *graph, unsigned long long) {
  return guarded([&] {
    expect(exec);
    current();
    *exec = graphExecs().add(instantiate(*objectOf(graphs(), graph)));
  });
}

int cuGraphLaunch(void *exec, void *stream) {
  return guarded([&] {
    current();
    std::shared_ptr<Stream> on = streamOf(stream);
    expect(on && !on->capture, on ? int(CaptureUnsupported) : int(InvalidHandle));
    launch(*objectOf(graphExecs(), exec), *on);
  });
}

int cuGraphDestroy(void *graph) {
  return guarded([&] { expect(graphs().remove(graph) != nullptr, InvalidHandle); });
}

int cuGraphExecDestroy(void *exec) {
  return guarded([&] { expect(graphExecs().remove(exec) != nullptr, InvalidHandle); });
}
