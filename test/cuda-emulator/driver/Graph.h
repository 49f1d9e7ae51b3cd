//===- Graph.h - Work that is captured, and run again -------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_DRIVER_GRAPH_H
#define SLUICE_TEST_CUDAEMULATOR_DRIVER_GRAPH_H

#include "test/cuda-emulator/driver/Stream.h"

namespace sluice::emulator {

/// Makes work when it is asked for: at once, or whenever a graph is launched.
using Prepare = std::function<Work()>;

struct Node {
  Prepare prepare;
  std::vector<int> after; ///< nodes before this one in the graph
  int branch = 0;         ///< the stream it was captured on
};

/// A graph that is being captured, or that was.
struct Capture {
  std::vector<Node> nodes;
  int branches = 0;
  std::vector<std::weak_ptr<Stream>> joined; ///< streams that events brought in
};

/// Where in a capture a stream, or an event, stands.
struct CapturePlace {
  std::shared_ptr<Capture> capture;
  int branch = 0;
  bool isOrigin = false;
  std::vector<int> last; ///< nodes that the next one comes after
};

struct Graph {
  std::shared_ptr<Capture> capture;
};

struct GraphExec {
  std::shared_ptr<Capture> capture;
  std::vector<u64> timelines; ///< of branches
  std::mutex mutex;           ///< one launch runs at a time
  Clock clock;                ///< of the last launch
  u64 launches = 0;
};

Handles<Graph> &graphs();
Handles<GraphExec> &graphExecs();

/// Gives work to a stream: to its thread, or to its capture. The null stream does it at once, when all streams that
/// wait for it are done. Returns the work's number, 0 where nothing is to be waited for.
u64 issue(Context &context, Stream *stream, const Prepare &prepare);

void beginCapture(Stream &stream);
/// Throws Fault where work of other streams was not joined.
std::shared_ptr<Graph> endCapture(Stream &stream);
/// A stream that waits for an event of a capture takes part in it from then on.
void joinCapture(Stream &stream, const CapturePlace &place);

std::shared_ptr<GraphExec> instantiate(const Graph &graph);
void launch(GraphExec &exec, Stream &stream);

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_DRIVER_GRAPH_H
