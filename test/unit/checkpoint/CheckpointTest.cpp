//===- CheckpointTest.cpp -------------------------------------------------===//
#include "runtime/checkpoint/Checkpoint.h"

#include "TestFiles.h"
#include "runtime/checkpoint/Safetensors.h"

#include <chrono>
#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace sluice::runtime;

namespace {

/// Weights and optimizer state, every element of which is `value`.
struct State {
  std::vector<float> weight, moment;

  explicit State(float value, size_t size = 6) : weight(size, value), moment(size, value) {}
  std::vector<TensorView> weights() {
    return {{"w", SLUICE_F32, {static_cast<int64_t>(weight.size() / 2), 2}, weight.data()}};
  }
  std::vector<TensorView> optimizer() {
    return {{"w.exp_avg", SLUICE_F32, {static_cast<int64_t>(weight.size() / 2), 2}, moment.data()}};
  }
};

CheckpointIndex indexOf(int64_t step) {
  CheckpointIndex index;
  index.step = step;
  index.loss = 0.1 + static_cast<double>(step);
  index.model = {"tiny", 6, "0123456789abcdef"};
  index.seeds = {{"data", 3}, {"init", UINT64_MAX}};
  index.data.order = "random";
  index.data.files = {{"/a.txt", 10, "aa"}, {"/b \"c\".bin", 20, "bb"}};
  index.data.validationFiles = {{"/c", 30, "cc"}};
  index.data.tokens = 20;
  index.data.position = 768 * step;
  index.data.samples = 12 * step;
  index.data.drawnRows = 3;
  index.data.drawnMicroBatches = 4;
  index.lossScale = {0.5, 3, 1, 1};
  index.settings = {{"lr", "0.001"}};
  index.scalars = {{"beta1", "0.9"}};
  index.program = {{"batch", "3"}};
  return index;
}

class Checkpoint : public FilesTest {
protected:
  void save(int64_t step, float value, size_t size = 6) {
    State state(value, size);
    saveCheckpoint(folder, indexOf(step), state.weights(), state.optimizer());
  }

  /// Loads the folder's checkpoint, expects every element to be `value`, and returns its step.
  int64_t load(float value, size_t size = 6) {
    CheckpointIndex index = readCheckpointIndex(folder);
    State state(-1, size), expected(value, size);
    loadCheckpoint(folder, index, state.weights(), state.optimizer());
    EXPECT_EQ(state.weight, expected.weight);
    EXPECT_EQ(state.moment, expected.moment);
    return index.step;
  }
};

TEST_F(Checkpoint, RoundTrip) {
  EXPECT_FALSE(hasCheckpoint(folder));
  folder += "/made/on/demand";
  save(5, 0.5f);
  EXPECT_TRUE(hasCheckpoint(folder));
  EXPECT_EQ(load(0.5f), 5);
  CheckpointIndex index = readCheckpointIndex(folder), written = indexOf(5);
  EXPECT_EQ(index.loss, written.loss);
  EXPECT_EQ(index.model.name, written.model.name);
  EXPECT_EQ(index.model.parameters, written.model.parameters);
  EXPECT_EQ(index.model.fingerprint, written.model.fingerprint);
  EXPECT_EQ(index.seeds, written.seeds);
  EXPECT_EQ(index.lossScale.scale, 0.5);
  EXPECT_EQ(index.lossScale.cleanSteps, 3);
  EXPECT_EQ(index.lossScale.skipsInARow, 1);
  EXPECT_EQ(index.lossScale.skips, 1);
  EXPECT_EQ(index.settings, written.settings);
  EXPECT_EQ(index.scalars, written.scalars);
  EXPECT_EQ(index.program, written.program);
  EXPECT_EQ(names(), (std::vector<std::string>{"checkpoint.json", "model-5.safetensors", "optimizer-5.safetensors"}));
  EXPECT_EQ(SafetensorsFile(checkpointModelPath(folder, index)).entries().size(), 1u);
}

TEST_F(Checkpoint, KeepsWhereARunIsInItsData) {
  save(5, 0.5f);
  CheckpointData data = readCheckpointIndex(folder).data, written = indexOf(5).data;
  EXPECT_EQ(data.order, written.order);
  ASSERT_EQ(data.files.size(), 2u);
  EXPECT_EQ(data.files[1].path, "/b \"c\".bin");
  EXPECT_EQ(data.files[1].bytes, 20u);
  EXPECT_EQ(data.files[1].head, "bb");
  ASSERT_EQ(data.validationFiles.size(), 1u);
  EXPECT_EQ(data.validationFiles[0].path, "/c");
  EXPECT_EQ(data.tokens, written.tokens);
  EXPECT_EQ(data.position, written.position);
  EXPECT_EQ(data.samples, written.samples);
  EXPECT_EQ(data.drawnRows, written.drawnRows);
  EXPECT_EQ(data.drawnMicroBatches, written.drawnMicroBatches);
}

// Two runs that wrote to one folder leave files that have the right names.
TEST_F(Checkpoint, RefusesFilesOfTwoRuns) {
  save(5, 0.5f);
  for (const char *name : {"model-5.safetensors", "optimizer-5.safetensors", "checkpoint.json"})
    std::filesystem::copy(path(name), path(std::string(name) + ".first"));
  save(6, 0.f);
  save(5, 0.25f);
  State state(0);
  for (const char *name : {"model-5.safetensors", "optimizer-5.safetensors"}) {
    std::filesystem::rename(path(name), path("second"));
    std::filesystem::rename(path(std::string(name) + ".first"), path(name));
    CheckpointIndex index = readCheckpointIndex(folder);
    EXPECT_MESSAGE(Error, loadCheckpoint(folder, index, state.weights(), state.optimizer()),
                   path(name) + " is not of the checkpoint that checkpoint.json there names");
    if (std::string(name).rfind("model", 0) == 0)
      EXPECT_MESSAGE(Error, checkpointModelPath(folder, index), "files of two runs are mixed");
    std::filesystem::rename(path("second"), path(name));
  }
  EXPECT_EQ(load(0.25f), 5);
}

// A run saves its next one between the reading of the index and of the files that it names.
TEST_F(Checkpoint, IsReadAgainWhereARunHasReplacedIt) {
  save(1, 1.f);
  int64_t calls = 0;
  CheckpointIndex index = readCheckpoint(folder, [&](const CheckpointIndex &read) {
    if (++calls < 3)
      save(calls + 1, 1.f);
    checkpointModelPath(folder, read);
  });
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(index.step, 3);

  calls = 0;
  auto replaceAlways = [&](const CheckpointIndex &read) {
    save(++calls + 3, 1.f);
    checkpointModelPath(folder, read);
  };
  EXPECT_MESSAGE(Error, readCheckpoint(folder, replaceAlways), "cannot open " + path("model-12.safetensors"));
  EXPECT_EQ(calls, 10);

  // What is damaged and stays so is told at once.
  calls = 0;
  std::filesystem::remove(path("model-13.safetensors"));
  auto load = [&](const CheckpointIndex &read) {
    ++calls;
    checkpointModelPath(folder, read);
  };
  EXPECT_MESSAGE(Error, readCheckpoint(folder, load), "cannot open " + path("model-13.safetensors"));
  EXPECT_EQ(calls, 1);
}

TEST_F(Checkpoint, FindsWhatAnotherRunHasLeft) {
  EXPECT_EQ(findCheckpointFile(folder), "");
  put("model.safetensors", "mine");
  put("model-3.safetensors.tmp", "left by a killed run");
  put("checkpoint.lock", "");
  EXPECT_EQ(findCheckpointFile(folder), "");
  put("optimizer-3.safetensors", "");
  EXPECT_EQ(findCheckpointFile(folder), "optimizer-3.safetensors");
  EXPECT_EQ(findCheckpointFile(path("none")), "");
  for (const char *name : {"checkpoint.json", "checkpoint.json.tmp", "checkpoint.lock", "model-0-again.safetensors"})
    EXPECT_TRUE(isCheckpointFile(name)) << name;
  for (const char *name : {"log.jsonl", "model.safetensors", "model-007.safetensors", "checkpoint.json.bak"})
    EXPECT_FALSE(isCheckpointFile(name)) << name;
}

TEST_F(Checkpoint, ReplacesTheOlderOneAndLeavesOtherFiles) {
  std::vector<std::string> others = {"model-00001-of-00002.safetensors", "model-best.safetensors", "model.safetensors",
                                     "optimizer-1.pt"};
  for (const std::string &name : others)
    put(name, "mine");
  put("model-7.safetensors.tmp", "left by a killed run");
  save(1, 1.f);
  save(2, 2.f);
  EXPECT_EQ(load(2.f), 2);
  std::vector<std::string> expected = others;
  expected.insert(expected.end(), {"checkpoint.json", "model-2.safetensors", "optimizer-2.safetensors"});
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(names(), expected);
}

TEST_F(Checkpoint, SavesTheSameStepAgain) {
  for (int i = 1; i <= 3; ++i) {
    save(4, static_cast<float>(i));
    EXPECT_EQ(load(static_cast<float>(i)), 4);
    EXPECT_EQ(names().size(), 3u);
  }
}

// A child saves one checkpoint after another until it is killed, at another moment each time.
TEST_F(Checkpoint, SurvivesSigkillAtAnyMoment) {
  constexpr size_t size = 20000;
  auto start = std::chrono::steady_clock::now();
  save(1, 1.f, size);
  auto oneSave = std::chrono::steady_clock::now() - start;
  int64_t last = 1;
  for (int round = 0; round < 40 || (last == 1 && round < 1000); ++round) {
    pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0)
      for (int64_t step = last + 1;; ++step)
        save(step, static_cast<float>(step), size);
    std::this_thread::sleep_for(oneSave * round / 10);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    int64_t step = readCheckpointIndex(folder).step;
    EXPECT_GE(step, last);
    EXPECT_EQ(load(static_cast<float>(step), size), step);
    last = step;
  }
  EXPECT_GT(last, 1);
  save(last + 1, 0.f); // removes what the killed ones left
  EXPECT_EQ(names().size(), 3u);
}

// A limit on the size of files stands for a full disk: writes fail in the same place.
TEST_F(Checkpoint, AFullDiskKeepsThePreviousOne) {
  save(1, 1.f);
  struct rlimit before, limited;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto handler = ::signal(SIGXFSZ, SIG_IGN);
  limited = before;
  limited.rlim_cur = 1000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
  EXPECT_MESSAGE(RunError, save(2, 2.f, 2000), "cannot write " + path("model-2.safetensors"));
  limited.rlim_cur = 300; // room for the tensors, not for the index
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
  EXPECT_MESSAGE(RunError, save(3, 3.f), "cannot write " + path("checkpoint.json"));
  EXPECT_MESSAGE(RunError, save(1, 3.f), "cannot write " + path("checkpoint.json")); // of the same step
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  EXPECT_EQ(load(1.f), 1);
  EXPECT_EQ(names().size(), 3u);
}

TEST_F(Checkpoint, AFirstOneThatFailsLeavesNothing) {
  std::filesystem::create_directory(path("optimizer-1.safetensors.tmp")); // in the way
  EXPECT_MESSAGE(RunError, save(1, 1.f), "optimizer-1.safetensors.tmp: Is a directory");
  EXPECT_FALSE(hasCheckpoint(folder));
  EXPECT_FALSE(isThere("model-1.safetensors"));
  std::string file = put("file", "");
  State state(1.f);
  EXPECT_MESSAGE(RunError, saveCheckpoint(file, indexOf(1), state.weights(), state.optimizer()), "cannot make");
}

TEST_F(Checkpoint, RefusesALossScaleThatMakesNoSense) {
  save(1, 1.f);
  std::string text = get("checkpoint.json");
  auto replaced = [&](const std::string &from, const std::string &to) {
    std::string copy = text;
    copy.replace(copy.find(from), from.size(), to);
    put("checkpoint.json", copy);
    return messageOf<Error>([&] { readCheckpointIndex(folder); });
  };
  for (std::string right : {"\"scale\": 0.5", "\"clean_steps\": 3", "\"skips_in_a_row\": 1", "\"skips\": 1"}) {
    std::string key = right.substr(0, right.find(' ') + 1);
    EXPECT_NE(replaced(right, key + "-1").find("its loss scale makes no sense"), std::string::npos) << right;
    EXPECT_NE(replaced(right, key + "\"some\"").find("is damaged"), std::string::npos) << right;
  }
  EXPECT_NE(replaced("\"skips\": 1", "\"skips\": 2").find("its loss scale makes no sense"), std::string::npos);
  // One that does not say has none.
  text.replace(text.find("\"loss_scale\""), 12, "\"loss-scale\"");
  put("checkpoint.json", text);
  EXPECT_EQ(readCheckpointIndex(folder).lossScale.scale, 1);
}

TEST_F(Checkpoint, RefusesDamagedOnes) {
  EXPECT_MESSAGE(Error, readCheckpointIndex(folder), "no checkpoint in " + folder);
  save(1, 1.f);
  CheckpointIndex index = readCheckpointIndex(folder);
  std::string text = get("checkpoint.json");
  auto replaced = [&](const std::string &from, const std::string &to) {
    std::string copy = text;
    copy.replace(copy.find(from), from.size(), to);
    put("checkpoint.json", copy);
    return messageOf<Error>([&] { readCheckpointIndex(folder); });
  };
  EXPECT_NE(replaced("\"step\": 1", "\"step\": \"one\"").find("is damaged"), std::string::npos);
  EXPECT_NE(replaced("\"step\": 1", "\"step\": -1").find("negative step"), std::string::npos);
  EXPECT_NE(replaced("\"seeds\"", "\"seed\"").find("is damaged"), std::string::npos);
  EXPECT_NE(replaced("\"model-1", "\"../model-1").find("outside its folder"), std::string::npos);
  EXPECT_NE(replaced("checkpoint-2", "checkpoint-1").find("another format than sluice-checkpoint-2"),
            std::string::npos);
  EXPECT_NE(replaced("\"rows\": 3", "\"rows\": 0").find("draws no samples"), std::string::npos);
  for (size_t size = 0; size + 2 < text.size(); size += 7) {
    put("checkpoint.json", text.substr(0, size));
    EXPECT_MESSAGE(Error, readCheckpointIndex(folder), "is damaged");
  }

  State state(0);
  auto load = [&] { loadCheckpoint(folder, index, state.weights(), state.optimizer()); };
  std::vector<double> wide(6);
  EXPECT_MESSAGE(Error, loadCheckpoint(folder, index, {{"w", SLUICE_F64, {3, 2}, wide.data()}}, {}),
                 "tensor w is F32, not the type this program trains in");
  index.step = 2;
  load(); // files are told by their set, not by the step
  index.step = 1;
  index.set += "x";
  EXPECT_MESSAGE(Error, load(), "files of two runs are mixed");
  put("checkpoint.json", text);
  index = readCheckpointIndex(folder);
  std::filesystem::remove(path("optimizer-1.safetensors"));
  EXPECT_MESSAGE(Error, load(), "cannot open " + path("optimizer-1.safetensors"));
}

} // namespace
