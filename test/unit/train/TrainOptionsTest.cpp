//===- TrainOptionsTest.cpp - Tests of the settings of a run --------------===//

#include "runtime/train/TrainOptions.h"

#include "TestFiles.h"

using namespace sluice::runtime;

namespace {

class TrainOptionsTest : public FilesTest {
protected:
  TrainOptionsTest() { options.data.files = "corpus.txt"; }

  TrainOptions options;
};

TEST_F(TrainOptionsTest, DefaultsGoTogether) { options.check(); }

TEST_F(TrainOptionsTest, ChecksThatNoFileNameIsEmpty) {
  options.data.files = "a.txt,";
  EXPECT_THROW(options.check(), Error);
  options.data.files = "a.txt";
  options.data.validationFiles = ",b.txt";
  EXPECT_THROW(options.check(), Error);
}

TEST_F(TrainOptionsTest, NamesSettingsThatDoNotGoTogether) {
  TrainOptions given = options;
  given.data.validationFiles = "b.txt";
  given.data.validationFraction = 0.1;
  EXPECT_EQ(messageOf([&] { given.check(); }), "--val-data and --val-fraction exclude each other");
  given = options;
  given.checkpointEvery = 5;
  EXPECT_EQ(messageOf([&] { given.check(); }), "--checkpoint-every needs --checkpoint-dir");
  given = options;
  given.logDetail = 5;
  EXPECT_EQ(messageOf([&] { given.check(); }), "--log-detail needs --log or --tensorboard");
  given.tensorBoard = path("events");
  given.check();
  given = options;
  given.optimizer.learningRate.minimum = 1;
  EXPECT_EQ(messageOf([&] { given.check(); }), "--min-lr=1: expected at most the learning rate, --lr=0.0003");
}

TEST_F(TrainOptionsTest, NamesPlacesThatCannotBeWritten) {
  options.log = path("missing/log.jsonl");
  EXPECT_EQ(messageOf([&] { options.check(); }), "--log: " + path("missing") + " is not a folder");
  options.log = folder;
  EXPECT_EQ(messageOf([&] { options.check(); }), "--log: " + folder + " is a folder");
  options.log = path("log.jsonl");
  options.checkpointFolder = put("file", "x");
  EXPECT_EQ(messageOf([&] { options.check(); }), "--checkpoint-dir: " + path("file") + " is not a folder");
  options.checkpointFolder = path("new");
  options.check();
  EXPECT_EQ(names(), std::vector<std::string>{"file"}); // nothing was written
}

TEST_F(TrainOptionsTest, ChecksTheFolderOfTheEvents) {
  options.tensorBoard = put("file", "x");
  EXPECT_EQ(messageOf([&] { options.check(); }), "--tensorboard: " + path("file") + " is not a folder");
  options.tensorBoard = options.log = path("both");
  EXPECT_EQ(messageOf([&] { options.check(); }), "--tensorboard: " + path("both") + " is the file of --log");
  options.log.clear();
  options.tensorBoard = path("new/folder");
  options.check();
  EXPECT_EQ(names(), std::vector<std::string>{"file"}); // nothing was written
  options.tensorBoard = folder;
  options.check();
}

TEST_F(TrainOptionsTest, NamesTheEventsOfAnotherRun) {
  options.tensorBoard = folder;
  std::string file = put("events.out.tfevents.1700000000.host", "");
  EXPECT_EQ(messageOf([&] { options.check(); }),
            "--tensorboard: " + folder + " holds events of another run (" + file +
                "); --overwrite adds a file that replaces them in what TensorBoard shows");
  options.overwrites = true;
  options.check();
  options.overwrites = false;
  options.weights.resume = path("checkpoint");
  options.check();
}

} // namespace
