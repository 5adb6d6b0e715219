import Testing
import VoiceCore
import WireProtocols

/// That both sides understand each other, and that what they write is what the specification says.
struct NativeTests {
  @Test func everythingTheDeviceSaysArrives() throws {
    var device = NativeDevice()
    var agent = NativeAgent()
    for message in upstream { #expect(try agent.taken(device.encode(message)) == message) }
  }

  @Test func everythingTheAgentSaysArrives() throws {
    var device = NativeDevice()
    var agent = NativeAgent()
    for message in downstream { #expect(try device.taken(agent.encode(message)) == message) }
  }

  @Test func everyWordArrives() throws {
    var (device, agent) = try talking()
    let causes: [TurnCause] = [.speech, .button, .bargeIn]
    let ends: [TurnEnd] = [.endpoint, .longest, .button]
    let cancels: [TurnCancel] = [.tooShort, .muted, .button, .offline]
    let states: [PlaybackState] = [.playing, .drained, .underrun, .muted]
    var up: [Upstream] = []
    up += causes.map { .turnStart(TurnID(1), preRoll: .zero, cause: $0) }
    up += ends.map { .turnCommit(TurnID(1), audio: .zero, reason: $0) }
    up += cancels.map { .turnCancel(TurnID(1), reason: $0) }
    up += [Capture.off, .listening, .streaming].map { .capture($0) }
    up += states.map { .playback(ReplyID(1), played: .zero, buffered: .zero, state: $0) }
    for message in up { #expect(try agent.taken(device.encode(message)) == message) }
    for hint in [TurnHint.none, .complete, .unfinished] {
      let message = Downstream.hint(TurnID(1), hint, upTo: .milliseconds(5))
      #expect(try device.taken(agent.encode(message)) == message)
    }
    for status in [ReplyStatus.complete, .cancelled, .failed] {
      let message = Downstream.replyEnd(ReplyID(1), status, audio: .zero)
      #expect(try device.taken(agent.encode(message)) == message)
    }
  }

  @Test func theDevicesTextsAreAsSpecified() {
    var device = NativeDevice()
    let texts = upstream.map { device.encode($0) }.filter { $0.isText }.map { $0.string }
    #expect(
      texts == [
        #"{"type":"hello","proto":"1.2","device":{"id":"kiosk-7","model":"generic","fw":"0.1.0"},"#
          + #""audio":{"up":["opus"],"down":["opus"],"frame_ms":60,"max_buffer_ms":20000},"#
          + #""caps":["resume","eager_end","hints","unmute","gaps","capture"]}"#,
        #"{"type":"capture","state":"streaming","opt":true}"#,
        #"{"type":"turn.start","turn":1,"pre_roll_ms":600,"cause":"speech"}"#,
        #"{"type":"turn.gap","turn":1,"from_ms":120,"to_ms":300,"opt":true}"#,
        #"{"type":"turn.eager_end","turn":1,"rev":0,"audio_ms":900,"opt":true}"#,
        #"{"type":"turn.resumed","turn":1,"rev":1,"opt":true}"#,
        #"{"type":"turn.eager_end","turn":1,"rev":1,"audio_ms":1740,"opt":true}"#,
        #"{"type":"turn.commit","turn":1,"rev":1,"audio_ms":1740,"reason":"endpoint"}"#,
        #"{"type":"capture","state":"listening","opt":true}"#,
        #"{"type":"playback","response":1,"played_ms":250,"buffered_ms":900,"state":"playing"}"#,
        #"{"type":"interrupt","response":1,"epoch":1,"played_ms":1230}"#,
        #"{"type":"turn.start","turn":2,"pre_roll_ms":600,"cause":"barge_in"}"#,
        #"{"type":"turn.cancel","turn":2,"reason":"too_short"}"#,
        #"{"type":"unmute","response":1,"epoch":1,"played_ms":1230,"opt":true}"#,
        #"{"type":"playback","response":1,"played_ms":1230,"buffered_ms":0,"state":"muted"}"#,
        #"{"type":"turn.start","turn":3,"pre_roll_ms":0,"cause":"button"}"#,
        #"{"type":"turn.commit","turn":3,"rev":0,"audio_ms":0,"reason":"button"}"#,
      ])
  }

  @Test func theAgentsTextsAreAsSpecified() throws {
    var device = NativeDevice()
    var agent = NativeAgent()
    _ = try agent.taken(device.encode(.hello(hello)))
    _ = try agent.taken(device.encode(.interrupt(ReplyID(1), played: .zero)))
    let messages = downstream + [.interruptAcknowledged(ReplyID(1))]
    let texts = messages.map { agent.encode($0) }.filter { $0.isText }.map { $0.string }
    #expect(
      texts == [
        #"{"type":"welcome","proto":"1.2","session_id":"s-1","agent":"auricle-agent 0.1","#
          + #""audio":{"up":"opus","down":"opus"},"limits":{"max_turn_ms":30000},"#
          + #""caps":["resume","eager_end","hints","unmute","gaps","capture"],"resumed":false,"received":0}"#,
        #"{"type":"transcript","turn":1,"text":"when do you","final":false}"#,
        #"{"type":"turn.hint","turn":1,"hint":"unfinished","heard_ms":900,"opt":true}"#,
        #"{"type":"transcript","turn":1,"text":"when do you open","final":true}"#,
        #"{"type":"response.start","response":1,"turn":1,"rev":1}"#,
        #"{"type":"response.text","response":1,"text":"At \"nine\", Zoë 🎈.","at_ms":0}"#,
        #"{"type":"response.end","response":1,"status":"complete","audio_ms":80}"#,
        #"{"type":"volume","level":40}"#,
        #"{"type":"error","code":"busy","message":"come back later","fatal":false}"#,
        #"{"type":"error","code":"turn_idle","message":"no sound","fatal":false,"turn":1}"#,
        #"{"type":"interrupt.ack","response":1,"epoch":1}"#,
      ])
  }

  @Test func aResumeIsAskedForAndGrantedAsSpecified() throws {
    var device = NativeDevice()
    var agent = NativeAgent()
    let asked = device.encode(.hello(helloAgain))
    #expect(
      asked.string.hasSuffix(
        #""caps":["resume","eager_end","hints","unmute","gaps","capture"],"#
          + #""session":{"token":"t-1","received":12},"clock_ms":1790000000000}"#))
    #expect(try agent.taken(asked) == .hello(helloAgain))
    let granted = agent.encode(.welcome(welcomeBack))
    #expect(
      granted.string.hasSuffix(
        #""limits":{"max_turn_ms":30000,"max_session_ms":86400000},"caps":["resume","hints"],"#
          + #""resume_token":"t-2","lease_ms":30000,"resumed":true,"received":9,"#
          + #""server_ms":1790000000350}"#))
    #expect(try device.taken(granted) == .welcome(welcomeBack))
  }

  @Test func noticesArriveBothWays() throws {
    var (device, agent) = try talking()
    for notice in notices {
      #expect(try device.decode(NativeAgent.encode(notice)) == .notice(notice))
      #expect(try agent.decode(NativeDevice.encode(notice)) == .notice(notice))
    }
  }

  @Test func noticesAreAsSpecified() {
    #expect(
      notices.prefix(4).map { NativeDevice.encode($0).string } == [
        #"{"type":"ping","t":1790000000000,"opt":true}"#,
        #"{"type":"pong","t":1790000000000,"t2":1790000000020,"opt":true}"#,
        #"{"type":"ack","received":32,"opt":true}"#,
        #"{"type":"goaway","in_ms":20000,"reason":"restart","retry_after_ms":3000,"opt":true}"#,
      ])
  }

  @Test func soundHasTheSpecifiedHeader() {
    var device = NativeDevice()
    let turn = TurnID(0x0102_0304)
    _ = device.encode(.turnStart(turn, preRoll: .milliseconds(90), cause: .speech))
    let up = [0, 60, 120].map { milliseconds in
      device.encode(.turnAudio(turn, packet: packet60, at: .milliseconds(milliseconds))).bytes
    }
    // Version 1 and uplink, Opus, flags, epoch, turn, sequence, milliseconds, packet.
    #expect(up[0] == [0x11, 1, 5, 0, 1, 2, 3, 4, 0, 0, 0, 1, 0, 0, 0, 0] + packet60)
    #expect(up[1] == [0x11, 1, 4, 0, 1, 2, 3, 4, 0, 0, 0, 2, 0, 0, 0, 60] + packet60)
    #expect(up[2] == [0x11, 1, 0, 0, 1, 2, 3, 4, 0, 0, 0, 3, 0, 0, 0, 120] + packet60)

    var agent = NativeAgent()
    _ = agent.encode(.replyStart(ReplyID(9), answering: turn))
    let down = [packet20, packet40, packet60].map {
      agent.encode(.replyAudio(ReplyID(9), packet: $0)).bytes
    }
    #expect(down[0] == [0x12, 1, 1, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0] + packet20)
    #expect(down[1] == [0x12, 1, 0, 0, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 20] + packet40)
    #expect(down[2] == [0x12, 1, 0, 0, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 60] + packet60)
  }
}
