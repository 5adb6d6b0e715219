import Glibc
import Testing

@testable import Checkup

@Suite struct SupportTests {
  @Test(arguments: [
    ("agent wss://agent.example:8443/talk", "agent wss://agent.example:8443/talk"),
    ("agent.url = wss://joe:pa@ss@agent.example/", "agent.url = wss://(left out)@agent.example/"),
    ("https://b.example/token?key=abc&x=1 next", "https://b.example/token?(left out) next"),
    ("https://joe@b.example?x", "https://(left out)@b.example?(left out)"),
    ("Authorization: Bearer abc.def-1", "Authorization: Bearer (left out)"),
    ("{\"token\": \"abc\", \"a\": 1}", "{\"token\": \"(left out)\", \"a\": 1}"),
    ("TOKEN=abc password:hunter2", "TOKEN=(left out) password:(left out)"),
    ("broker.secret_file = /etc/auricle/secret", "broker.secret_file = /etc/auricle/secret"),
    ("secret = /etc/auricle/secret", "secret = /etc/auricle/secret"),
    ("the token broker does not answer", "the token broker does not answer"),
    ("key sk-abcd1234ABCD5678efgh9012ijkl3456 end", "key (left out) end"),
    ("auricled[412]: state listening", "auricled[412]: state listening"),
    ("Authorization: Basic am9lOnBhc3M=", "Authorization: Basic (left out)"),
    ("authorization: basic abcdef next line", "authorization: basic (left out)"),
    (
      "Proxy-Authorization: Digest username=\"joe\", response=\"1a\"\nnext",
      "Proxy-Authorization: Digest (left out)\nnext"
    ),
    (
      "{\"Authorization\": \"Basic am9lOnBhc3M=\", \"a\": 1}",
      "{\"Authorization\": \"Basic (left out)\", \"a\": 1}"
    ),
    ("Authorization: Token abc def", "Authorization: Token (left out)"),
    ("Authorization: abc", "Authorization: (left out)"),
    ("curl -H 'Authorization: Basic am9lOnBhc3M=' x", "curl -H 'Authorization: Basic (left out)"),
    ("with Basic am9lOnBhc3M= it", "with Basic (left out) it"),
    ("a basic sentence", "a basic sentence"),
    ("Cookie: session=abc; other=def", "Cookie: (left out)"),
    ("api_key=abc&x=1", "api_key=(left out)&x=1"), ("X-Api-Key: abc", "X-Api-Key: (left out)"),
    (
      "access_token='abc' client_secret: abc", "access_token='(left out)' client_secret: (left out)"
    ),
    ("wss://agent.example?token=abc", "wss://agent.example?(left out)"),
    (
      "wss://joe:pass@agent.example:8443/a?token=abc end",
      "wss://(left out)@agent.example:8443/a?(left out) end"
    ),
    ("token", "token"), ("token=", "token="), ("://", "://"), ("", ""),
  ])
  func whatOpensDoorsIsTakenOut(text: String, expected: String) {
    #expect(Redactor.redact(text) == expected)
  }

  @Test func theArchiveIsOneThatTarOpens() throws {
    var archive = TarArchive(folder: "auricle-support-kiosk-2026-11-28", time: 1_795_219_200)
    archive.add("about.txt", Array("hello\n".utf8))
    archive.add("log.txt", [UInt8](repeating: 0x78, count: TarArchive.largestFile + 10))
    let bytes = archive.contents
    #expect(bytes.count % 512 == 0)
    // The sum of a header that is right, as POSIX counts it.
    let header = bytes[..<512]
    var sum = 0
    for (index, byte) in header.enumerated() { sum += 148..<156 ~= index ? 32 : Int(byte) }
    let written = String(decoding: header[148..<154], as: UTF8.self)
    #expect(Int(written, radix: 8) == sum)
    #expect(
      String(decoding: header[..<42], as: UTF8.self) == "auricle-support-kiosk-2026-11-28/about.txt"
    )
    #expect(Int(String(decoding: header[124..<135], as: UTF8.self), radix: 8) == 6)
  }
}
