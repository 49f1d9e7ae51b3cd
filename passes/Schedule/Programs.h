//===- Programs.h - What every device of a pipeline does in a step ----------------===//
//
// The programs of the devices, apart from IR. Numbers count from 0. A device holds one stage of the model or several.
// It runs its actions in order; the body is one training step, and is repeated.
//
//   load      tokens of a micro-batch into the frame of the micro-batch
//   run       a function of a stage. Forward and backward read and write the frame of their micro-batch. Backward adds
//             to the gradient buffer of its group, and overwrites it if the micro-batch is the first of the group.
//             So do both halves of backward, of which the first overwrites. Tied adds the gradients of a parameter that
//             two stages use. Where these are on one device the parameter is there once, the second updates it, and the
//             second alone runs tied, on the sums of both
//   send      what the channel bundles, out of a frame (activations, gradients) or out of the sums (tied, replica)
//   recv      the same, into the receiver's frame, or into where it keeps a foreign sum
//   combine   gradient buffer `into` += gradient buffer `from`, which is free then
//   reduce    a barrier of all devices: norm, losses, finite flag and the request to stop. Where gradients are stale
//   each
//             stage has its own, and waits for none
//   update    the parameters of a stage
//
// Canonical sums. The micro-batches of a step form `groups` contiguous groups of one size, so many of them a replica.
// Group g of a replica, counted within it, is summed into buffer popcount(g), in ascending order; whole buffers are
// combined as a binary counter carries, and those of replicas pairwise. So every sum is the same balanced binary tree.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_SCHEDULE_PROGRAMS_H
#define SLUICE_PASSES_SCHEDULE_PROGRAMS_H

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::schedule {

enum class ActionKind : uint8_t { Load, Run, Send, Recv, Combine, Reduce, Update };

/// What `run` calls. Backward input and backward weight are the halves of backward: gradients of activations, which
/// other stages wait for, and what is left. Recompute belongs to schedules that are not proved yet.
enum class RunKind : uint8_t { Forward, Backward, Tied, Recompute, BackwardInput, BackwardWeight };

/// What a channel carries.
enum class Role : uint8_t {
  Activations, ///< of a micro-batch, to the next stage
  Gradients,   ///< of those, to the stage before
  Tied,        ///< the sum of a use of a parameter, to the stage of its other use on another device
  Replica      ///< the sum of a stage, to the same stage of another replica
};

/// One action. What a kind has no use for is -1, or 0 for the iteration.
struct Action {
  ActionKind kind = ActionKind::Load;
  RunKind run = RunKind::Forward;
  int stage = -1;      ///< every kind but a reduce of all devices
  int microBatch = -1; ///< of the step, over all replicas; load, forward, backward, and their messages
  int iteration = 0;   ///< how many steps ahead of the body's own the micro-batch is, at most 0; before step 0 is none
  int channel = -1;    ///< send and recv
  int into = -1;       ///< gradient buffer: combine, and the recv of a replica's sum
  int from = -1;       ///< gradient buffer: combine, and the send to a replica
};

/// A private first-in-first-out queue from a stage to another, on their devices, which are one where both stages lie on
/// it. A send waits while `capacity` messages lie in it. With capacity 0 it waits until the receiver takes its message.
struct Channel {
  int from = -1, to = -1; ///< devices
  int capacity = 1;
  Role role = Role::Activations;
  int source = -1, target = -1; ///< stages
};

struct Program {
  std::vector<Action> prologue, body, epilogue;
};

/// The stages of the two uses of a parameter, ascending, or one stage twice where both uses are in it.
using TiedStages = std::array<int, 2>;

/// All programs of a job, and what they are meant to be.
struct Pipeline {
  int stages = 1, microBatches = 1, replicas = 1, groups = 1;
  bool training = true; ///< or forward alone
  bool splits = false;  ///< backward runs as backward_input and backward_weight
  std::vector<TiedStages> tied;
  int devicesOfReplica = 1;
  std::vector<int> deviceOfStage; ///< by stage, of replica 0; those of replica r are r * devicesOfReplica further
  std::vector<int> ages; ///< by stage: updates of its own between a forward and the one that its gradient is for
  /// By stage, or empty where the schedule is synchronous. How many steps newer the weights are that a forward reads
  /// than those that made its input, and in how many steps before its own backward the stage above computed the
  /// gradient that comes in.
  std::vector<int> activationAges, errorAges;
  std::vector<int> frames; ///< by stage: how many it has, 0 for as many as it needs. Or empty: all 0
  std::vector<Channel> channels;
  std::vector<Program> programs; ///< by device

  int devices() const { return devicesOfReplica * replicas; }
  int deviceOf(int stage, int replica) const { return replica * devicesOfReplica + deviceOfStage[stage]; }
  int replicaOf(int device) const { return device / devicesOfReplica; }
  /// Whether two tied stages exchange their sums, as they are on two devices.
  bool isExchanged(const TiedStages &pair) const { return deviceOfStage[pair[0]] != deviceOfStage[pair[1]]; }
  /// Whether the first of two tied stages reads what the second updates, as they are on one device.
  bool isShared(const TiedStages &pair) const { return pair[0] != pair[1] && !isExchanged(pair); }
  /// Whether a stage adds gradients of tied parameters.
  bool addsTied(int stage) const;
  /// The stages of every device of a replica, ascending.
  std::vector<std::vector<int>> stagesOfDevices() const;
  /// "stage 1", or "stages 0 and 2": those of a device.
  std::string describeStages(int device) const;
  /// The number of a stage of a replica among those of all replicas.
  int instanceOf(int stage, int replica) const { return replica * stages + stage; }

  /// Whether gradients may be applied later than in the step that they are of: ages beside `ages` are declared.
  bool isStale() const { return !activationAges.empty() || !errorAges.empty(); }

  int microBatchesOfReplica() const { return microBatches / replicas; }
  int firstMicroBatch(int replica) const { return replica * microBatchesOfReplica(); }
  int groupSize() const { return microBatches / groups; }
  /// The group of a micro-batch, over all replicas.
  int groupOf(int microBatch) const { return microBatch / groupSize(); }
  /// The gradient buffer that backward of a micro-batch adds to.
  int bufferOf(int microBatch) const;
  bool isFirstOfGroup(int microBatch) const { return microBatch % groupSize() == 0; }
  /// How many gradient buffers a stage needs: log2(groups of a replica) + 1, and room for another replica's sum.
  int gradientBuffers() const;
};

/// An action of a device, counted through prologue, body and epilogue. -1: none.
struct Place {
  int device = -1, action = -1;
};

/// Why programs are refused: one line, the action that it is about, and the one on the other side.
struct Error {
  std::string text;
  Place place = {};
  std::string peerText = {}; ///< what to say at `peer`, empty without one
  Place peer = {};
  int channel = -1; ///< that it is about, where it is about none of the actions
};

const char *nameOf(Role role);
const char *nameOf(RunKind kind);
const char *nameOf(ActionKind kind);

/// An action in words: "send of activations of micro-batch 3 in stage 1 to stage 2".
std::string describe(const Pipeline &pipeline, int device, const Action &action);

bool isPowerOfTwo(int number);
int log2Of(int powerOfTwo);

} // namespace sluice::schedule

#endif // SLUICE_PASSES_SCHEDULE_PROGRAMS_H
