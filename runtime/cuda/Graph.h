//===- Graph.h - Work that is launched as one -------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_GRAPH_H
#define SLUICE_RUNTIME_CUDA_GRAPH_H

#include "runtime/cuda/Stream.h"

#include <functional>
#include <string>

namespace sluice::cuda {

/// What a stream was asked for once, to be done again and again at the same addresses.
class Graph {
public:
  /// Captures what `work` asks the stream for, which is not done by that. `name` is for messages.
  Graph(Stream &stream, std::string name, const std::function<void()> &work);
  ~Graph();
  Graph(const Graph &) = delete;
  Graph &operator=(const Graph &) = delete;

  void launch();

private:
  Stream &stream;
  const std::string name;
  void *exec = nullptr; ///< Null where something went wrong.
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_GRAPH_H
