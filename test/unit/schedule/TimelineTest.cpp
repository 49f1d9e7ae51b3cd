//===- TimelineTest.cpp - Pictures of schedules ------------------------------------------===//
#include "MadePipelines.h"
#include <algorithm>

using namespace sluice::schedule;

/// What the comments of the generators show: every action takes as long.
static std::string draw(const char *schedule, int stages, int microBatches, int columns) {
  Pipeline pipeline = make(optionsOf(schedule, stages, microBatches));
  std::string text = drawText(pipeline, prove(pipeline).timeline, columns);
  return text.substr(0, text.rfind("\n", text.size() - 2) + 1);
}

TEST(Timeline, DrawsSequential) {
  EXPECT_EQ(draw("sequential", 3, 2, 12), "stage 0 | 0....a1....b\n"
                                          "stage 1 | .0..a..1..b.\n"
                                          "stage 2 | ..0a....1b..\n");
}

TEST(Timeline, DrawsGPipe) {
  EXPECT_EQ(draw("gpipe", 3, 4, 12), "stage 0 | 0123....abcd\n"
                                     "stage 1 | .0123..abcd.\n"
                                     "stage 2 | ..0123abcd..\n");
}

TEST(Timeline, DrawsOneForwardOneBackward) {
  EXPECT_EQ(draw("1f1b", 3, 4, 12), "stage 0 | 012..a3b.c.d\n"
                                    "stage 1 | .01.a2b3c.d.\n"
                                    "stage 2 | ..0a1b2c3d..\n");
}

/// Both halves of backward take as long as forward.
TEST(Timeline, DrawsZeroBubble) {
  Pipeline pipeline = make(optionsOf("zero-bubble", 3, 4));
  EXPECT_EQ(drawText(pipeline, prove(pipeline, equalCosts(3, 1, 2)).timeline, 14),
            "stage 0 | 012..aA3bBcCdD\n"
            "stage 1 | .01.a2bA3cBdCD\n"
            "stage 2 | ..0a1b2cA3dBCD\n"
            "          0-9 forward of a micro-batch, a-j backward, A-J its gradients of parameters, + sums, # update, "
            ". idle\n");
}

TEST(Timeline, DrawsUpdatesSumsAndReplicas) {
  GeneratorOptions options = optionsOf("gpipe", 1, 4, 2, 4);
  Pipeline pipeline = make(options);
  Costs costs = equalCosts(1, 1, 1);
  costs.stages[0].update = costs.stages[0].combine = 1;
  EXPECT_EQ(drawText(pipeline, prove(pipeline, costs).timeline, 7),
            "stage 0 of replica 0 | 01ab++#\n"
            "stage 0 of replica 1 | 23cd++#\n"
            "                       0-9 forward of a micro-batch, a-j backward, + sums, # update, . idle\n");
}

TEST(Timeline, NamesAllStagesOfADevice) {
  GeneratorOptions options = optionsOf("interleaved", 4, 2);
  options.devices = 2;
  Pipeline pipeline = make(options);
  EXPECT_EQ(drawText(pipeline, prove(pipeline, equalCosts(4, 1, 1)).timeline, 10),
            "stages 0 and 2 | 0101.a.bab\n"
            "stages 1 and 3 | .010a1bab.\n"
            "                 0-9 forward of a micro-batch, a-j backward, + sums, # update, . idle\n");
}

TEST(Timeline, WaitsLastFromArrivalToTheEnd) {
  Pipeline pipeline = make(optionsOf("gpipe", 2, 1));
  Timeline timeline = prove(pipeline, equalCosts(2, 1, 2)).timeline;
  int recv = find(pipeline, 0, [](const Action &action) { return action.kind == ActionKind::Recv; });
  EXPECT_EQ(timeline.spans[0][recv].start, 1);
  EXPECT_EQ(timeline.spans[0][recv].end, 4);
  int reduce = find(pipeline, 1, [](const Action &action) { return action.kind == ActionKind::Reduce; });
  EXPECT_EQ(timeline.spans[1][reduce].start, 4);
  EXPECT_EQ(timeline.spans[1][reduce].end, 6);
}

TEST(Timeline, WritesJson) {
  Pipeline pipeline = make(optionsOf("sequential", 1, 1));
  EXPECT_EQ(drawJson(pipeline, prove(pipeline, equalCosts(1, 1, 2.5)).timeline),
            "{\"period\": 3.5, \"devices\": [\n"
            "  {\"device\": 0, \"replica\": 0, \"actions\": [\n"
            "    {\"name\": \"load\", \"stage\": 0, \"micro_batch\": 0, \"start\": 0, \"end\": 0},\n"
            "    {\"name\": \"forward\", \"stage\": 0, \"micro_batch\": 0, \"start\": 0, \"end\": 1},\n"
            "    {\"name\": \"backward\", \"stage\": 0, \"micro_batch\": 0, \"start\": 1, \"end\": 3.5},\n"
            "    {\"name\": \"reduce\", \"start\": 3.5, \"end\": 3.5},\n"
            "    {\"name\": \"update\", \"stage\": 0, \"start\": 3.5, \"end\": 3.5}]}]}\n");
}

static size_t count(const std::string &text, const std::string &part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

TEST(Timeline, WritesAPicture) {
  Pipeline pipeline = make(optionsOf("1f1b", 3, 4));
  std::string picture = drawSvg(pipeline, prove(pipeline).timeline, 750);
  EXPECT_EQ(count(picture, "#4e79a7"), 12u);
  EXPECT_EQ(count(picture, "#f28e2b"), 12u);
  // A box of 600 pixels / 12 for each, its number, and a name a row.
  EXPECT_EQ(count(picture, "width=\"50\""), 24u);
  EXPECT_EQ(count(picture, "text-anchor"), 24u);
  EXPECT_EQ(count(picture, ">stage "), 3u);
  EXPECT_EQ(picture.substr(picture.size() - 7), "</svg>\n");
  // Without room, numbers are left out.
  EXPECT_EQ(count(drawSvg(pipeline, prove(pipeline).timeline, 200), "text-anchor"), 0u);
}
