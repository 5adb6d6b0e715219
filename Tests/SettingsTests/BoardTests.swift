import Linux
import SoundCards
import Testing

@testable import Settings

/// The files in `board/`, read as the daemon reads them.
@Suite struct BoardTests {
  private static let folder: String = {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    return root.joined(separator: "/") + "/board"
  }()

  static var boards: [String] {
    get throws { try Files.list(folder).filter { Files.isFolder("\(folder)/\($0)") } }
  }

  private func load(_ boards: [String]) throws -> LoadedSettings {
    var reader = SettingsReader()
    for board in boards {
      let path = "\(Self.folder)/\(board)/auricle.conf"
      reader.read(try Files.read(path), file: path)
    }
    return try reader.finish()
  }

  @Test(arguments: try BoardTests.boards)
  func everyBoardIsReadAndSaysSomething(board: String) throws {
    let loaded = try load([board])
    #expect(loaded.origins.contains { $0 != .builtIn })
    // A key that is set to its default is noise.
    for (row, origin) in zip(SettingsTable.rows, loaded.origins) where origin != .builtIn {
      #expect(
        row.name == "device.model" || row.text(in: loaded.settings) != row.defaultText,
        "\(row.name)")
    }
  }

  @Test func everyPairOfThemIsRead() throws {
    let boards = try Self.boards
    #expect(boards.count > 10)
    for one in boards {
      for other in boards where other != one { _ = try load([one, other]) }
    }
  }

  @Test func whatIsPluggedInKeepsTheNameOfTheBoard() throws {
    let loaded = try load(["raspberry-pi-4", "respeaker-4mic"]).settings
    #expect(loaded.device.model == "raspberry-pi-4")
    #expect(try CardWish.parse(loaded.alsa.microphone) == .card(id: "seeed4micvoicec", device: nil))
    // It has no loudspeaker.
    #expect(loaded.alsa.loudspeaker == "auto")
  }

  @Test(arguments: try BoardTests.boards)
  func aBoardSaysWhatWasMeasuredAndIsListed(board: String) throws {
    let text = String(
      decoding: try Files.read("\(Self.folder)/\(board)/auricle.conf"), as: UTF8.self)
    #expect(board == "virtual" || text.contains("ot measured"))
    let readme = String(decoding: try Files.read("\(Self.folder)/README.md"), as: UTF8.self)
    #expect(readme.contains("(\(board)/auricle.conf)"))
  }
}
