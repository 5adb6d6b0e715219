internal import ControlProtocol
internal import Linux
internal import Settings
internal import SoundCards

/// `auricle sound`.
extension Console {
  /// What the daemon says of a machine full of cards is a tenth of this.
  private static let largestReport = Fields.largestBlock
  /// A card that does not answer keeps its look waiting, in milliseconds; then there is no report.
  private static let lookPatience: Int64 = 20_000

  func sound(_ task: SoundTask, _ invocation: Invocation) throws(Failure) {
    switch task {
    case .list:
      let page = SoundPage(try report(invocation))
      if invocation.wantsJSON {
        screen.printBytes(page.json)
      } else {
        screen.print(page.lines(on: screen))
      }
    case .use(let word, let side): try use(word, side, invocation)
    // It has an exit code of its own.
    case .measure: break
    }
  }

  private func use(_ word: String, _ side: Side?, _ invocation: Invocation) throws(Failure) {
    let selection = try CardSelection.make(of: word, side: side, among: try report(invocation))
    let setting = CardSetting(configs: invocation.configs)
    var lines: [String] = []
    var facts = Fields()
    facts.add("file", setting.file)
    for (side, wish) in selection.changes {
      facts.add(side.word, wish.text)
      lines.append("\(side.word) = \(Words.harmless(wish.text))   in \(setting.file)")
    }
    lines += selection.notes + (try setting.write(selection))
    let (isInForce, sentence) = try bringIntoForce(selection, invocation)
    facts.add("in_force", isInForce)
    show(facts, invocation) { lines + [sentence] }
  }

  /// A running daemon takes it at once; whatever keeps it from that, the file is written.
  private func bringIntoForce(_ selection: CardSelection, _ invocation: Invocation)
    throws(Failure) -> (Bool, String)
  {
    var (microphone, loudspeaker): (String?, String?)
    for (side, wish) in selection.changes {
      if side == .microphone { microphone = wish.text } else { loudspeaker = wish.text }
    }
    do throws(Failure) {
      _ = try ask(.use(microphone: microphone, loudspeaker: loudspeaker), invocation)
      return (true, "in force now")
    } catch {
      if case .notRunning = error { return (false, "in force when auricled starts") }
      return (
        false, "in force after: systemctl restart auricled   (\(Words.harmless(error.sentence)))"
      )
    }
  }

  /// Asks the daemon; without one, its program looks for itself.
  private func report(_ invocation: Invocation) throws(Failure) -> CardReport {
    var fields: Fields
    do throws(Failure) { fields = try ask(.cards, invocation) } catch {
      guard case .notRunning = error else { throw error }
      fields = try reportOfProgram(invocation)
    }
    guard let report = CardReport.decode({ fields[$0] }) else {
      throw .refused("auricled does not say which cards there are: are both of one version?")
    }
    return report
  }

  private func reportOfProgram(_ invocation: Invocation) throws(Failure) -> Fields {
    var arguments = ["--cards"]
    for config in invocation.configs { arguments += ["--config", config] }
    do throws(LinuxError) {
      var child = try ChildProcess.start(daemon, arguments, captureOutput: true)
      let (bytes, isWhole) = try child.readOutput(
        limit: Console.largestReport, milliseconds: Console.lookPatience)
      guard isWhole, child.wait() == 0 else {
        throw LinuxError("ask", daemon, code: LinuxError.hungUp)
      }
      var reader = BlockReader()
      reader.append(bytes[...])
      do throws(ControlError) {
        if let fields = try reader.next() { return fields }
      } catch {
        // It says the same to people as half an answer.
      }
      throw LinuxError("understand", daemon, code: LinuxError.hungUp)
    } catch {
      throw .refused(
        "no daemon runs, and its program does not say which cards there are: \(error.description)")
    }
  }
}
