import Linux
import Room
import TestSupport
import Testing
import VoiceCore

@testable import Replay

@Suite struct BatchTests {
  let bench: ProcessBench
  let folder: String

  init() throws {
    bench = try ProcessBench()
    folder = bench.folder.path + "/scenes"
    for name in ["first", "second", "other"] { try Files.makeFolder("\(folder)/\(name)") }
    let sound = Voice(seed: 95).speak(seconds: 1)
    try bench.wave("scenes/first/mic.wav", sound)
    try bench.wave("scenes/first/ref.wav", sound.reversed())
    try bench.wave("scenes/second/mic.wav", sound)
  }

  @Test func everySceneGetsItsResultsBesideIt() throws {
    #expect(ProcessCommand.run(["--batch", folder, "--plots"]) == 0)
    #expect(
      try Files.list(folder + "/first") == [
        "clean.wav", "events.jsonl", "mic.wav", "plot.svg", "ref.wav",
      ])
    #expect(try Files.list(folder + "/second").count == 4)
    #expect(try Files.list(folder + "/other").isEmpty)
  }

  @Test func resultsGoToAnotherFolderAndAreTheSame() throws {
    let out = bench.folder.path + "/results/deep"
    #expect(ProcessCommand.run(["--batch", folder, "--out", out]) == 0)
    #expect(try Files.list(out) == ["first", "second"])
    #expect(try Files.list(folder + "/first") == ["mic.wav", "ref.wav"])
    #expect(
      bench.run(mic: folder + "/first/mic.wav", reference: folder + "/first/ref.wav") == 0)
    for name in ["clean.wav", "events.jsonl"] {
      #expect(
        try Files.read("\(out)/first/\(name)") == Files.read("\(bench.folder.path)/\(name)"))
    }
  }

  @Test func aBadSceneIsToldAndTheRestGoesOn() throws {
    try bench.wave("scenes/first/ref.wav", [1, 2])
    let refused = bench.refusal(of: ["--batch", folder])
    #expect(refused.code == 1)
    #expect(refused.words == "1 of 2 scenes could not be processed")
    #expect(Files.exists(folder + "/second/clean.wav"))
  }

  @Test func whatIsNoFolderOfScenesIsRefused() throws {
    for (path, words) in [
      (folder + "/first/mic.wav", "is no folder"), (folder + "/other", "has a mic.wav"),
      (folder + "/first", "is a scene itself"), (folder + "/none", "is no folder"),
    ] {
      let refused = bench.refusal(of: ["--batch", path])
      #expect(refused.code == 1)
      #expect(refused.words.contains(words))
    }
  }

  @Test func theTableHasAColumnForEachFigure() {
    let table = FiguresTable(names: ["a", "quite-a-long-name"])
    var figures = Figures(samples: 16_000)
    let row = table.row("a", figures)
    #expect(row.count == table.heading.count)
    #expect(
      row.split(separator: " ") == ["a", "1.0", "0", "%", "0", "0", "0", "-", "-", "-"])
    figures.add(Figures(samples: 24_000))
    #expect(table.row("all together", figures).contains(" 2.5 "))
  }
}
