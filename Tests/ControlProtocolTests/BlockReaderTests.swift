import Testing

@testable import ControlProtocol

@Suite struct BlockReaderTests {
  private let wire = Array("request=status\n\nevent=state\nstate=idle\n\n\n\na=\\n\n\n".utf8)
  private let keys = [["request"], ["event", "state"], ["a"]]

  @Test func blocksComeOutHoweverTheBytesComeIn() throws {
    for size in 1...wire.count {
      var reader = BlockReader()
      var blocks: [Fields] = []
      var start = 0
      while start < wire.count {
        let end = min(wire.count, start + size)
        reader.append(wire[start..<end])
        while let block = try reader.next() { blocks.append(block) }
        start = end
      }
      #expect(blocks.map { $0.all.map { $0.key } } == keys)
      #expect(!reader.isInsideBlock)
    }
  }

  @Test func everyShorterLengthGivesOnlyWholeBlocks() throws {
    for length in 0..<wire.count {
      var reader = BlockReader()
      reader.append(wire[..<length])
      var count = 0
      while let block = try reader.next() {
        #expect(block.all.map { $0.key } == keys[count])
        count += 1
      }
    }
  }

  @Test func aBlockThatNeverEndsIsRefused() throws {
    var reader = BlockReader()
    let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 4_096)
    #expect(throws: ControlError.blockTooLong(limit: Fields.largestBlock)) {
      for _ in 0..<100 {
        reader.append(chunk[...])
        while try reader.next() != nil {}
      }
    }
  }

  @Test func aLongConversationKeepsNoMoreThanABlock() throws {
    var reader = BlockReader()
    for number in 0..<20_000 {
      reader.append(Array("event=level\nat_ms=\(number)\n\n".utf8)[...])
      #expect(try reader.next()?.number("at_ms") == Int64(number))
      #expect(try reader.next() == nil)
    }
    #expect(!reader.isInsideBlock)
  }

  @Test(arguments: UInt64(1)...8)
  func anyBytesGiveBlocksOrAnErrorAndNeverATrap(seed: UInt64) {
    var state = seed
    for _ in 0..<200 {
      var reader = BlockReader()
      var bytes: [UInt8] = []
      for _ in 0..<200 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        // Mostly what blocks are made of.
        let alphabet = Array("a=\n\\n0.".utf8) + [0xC3, 0x00]
        bytes.append(alphabet[Int(state >> 33) % alphabet.count])
      }
      reader.append(bytes[...])
      do {
        while let block = try reader.next() { _ = try? ControlRequest.parse(block) }
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }
}
