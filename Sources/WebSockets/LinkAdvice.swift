/// What to do about a failure, in one line. The texts are templates: interpolation would cost the
/// device's program five times their bytes.
struct LinkAdvice {
  let kind: LinkFailure.Kind
  let address: ServerAddress
  let trust: TLSTrust
  let clock: ClockReading
  let limit: Int
  let who: String

  var text: String {
    var bytes: [UInt8] = []
    var isName = false
    for byte in template.utf8 {
      if isName {
        bytes += Array(value(byte).utf8)
        isName = false
      } else if byte == UInt8(ascii: "%") {
        isName = true
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What stands behind a percent sign.
  private func value(_ name: UInt8) -> String {
    switch name {
    case UInt8(ascii: "w"): return who
    case UInt8(ascii: "p"): return address.host + " port \(address.port)"
    case UInt8(ascii: "h"): return address.host
    case UInt8(ascii: "u"): return address.path
    case UInt8(ascii: "a"): return trust.caFile ?? "agent.ca_file"
    case UInt8(ascii: "c"): return trust.certificateFile ?? ""
    case UInt8(ascii: "k"): return trust.keyFile ?? ""
    case UInt8(ascii: "d"): return clock.day
    case UInt8(ascii: "l"): return "\(limit)"
    default: return "%"
    }
  }

  private var template: String {
    switch kind {
    case .refused: return "is %w running on %p?"
    case .unreachable: return "check this device's network and the url of %w"
    case .nameNotFound: return "%h is not known: check the url of %w and the DNS"
    case .timedOut(.lookup): return "check this device's DNS server and its network"
    case .timedOut(.handshake), .timedOut(.upgrade):
      return "does something else than %w listen on %p, or is it overloaded?"
    case .timedOut: return "%p does not answer: check the network and the firewalls between"
    case .tls(let reason): return template(reason)
    case .upgradeRefused(let status): return template(status: status)
    case .closedByPeer(1006): return "the network or %w went away"
    // What the library does not know becomes a 1002, such as "try again later".
    case .closedByPeer(1002):
      return "%w restarts, is full, or did not like what this device sent; it will be tried again"
    case .closedByPeer(4012): return "it will be tried again"
    case .closedByPeer(4013):
      return "%w is full, or this device reads too slowly; it will be tried again"
    case .closedByPeer(1003), .closedByPeer(1007), .closedByPeer(1008), .closedByPeer(1009):
      return "%w did not like what this device sent: do their versions match?"
    case .closedByPeer: return "%w's log knows why"
    case .tooLarge: return "%w sent more than %l bytes at once: do the versions match?"
    case .notText: return "is it an agent of ours that listens on %p?"
    case .local: return "nothing to do"
    }
  }

  private func template(_ reason: LinkFailure.TLSReason) -> String {
    switch reason {
    case .unknownAuthority:
      return trust.caFile != nil
        ? "%w's certificate is not signed by an authority in %a"
        : "%w's certificate is not signed by an authority this system trusts; name its authority's file in %a"
    case .selfSigned:
      return trust.caFile != nil
        ? "put the certificate that signed it into %a"
        : "put the certificate that signed it into a file and name that in %a"
    case .wrongName: return "%w's certificate is not for %h: use the name it is for in the url"
    case .expired: return "renew %w's certificate, or check this device's clock, which says %d"
    case .notYetValid: return "check this device's clock, which says %d, and %w's certificate"
    case .clockWrong:
      return
        "it says %d: set it, let it find a time server (NTP), or set agent.pin, which proves %w without a clock"
    case .unfit:
      return
        "have %w's certificate made anew, for a server (extendedKeyUsage=serverAuth, subjectAltName) and by an authority that may sign"
    case .wrongPin:
      return "if %w has a new key, put that key's pin into agent.pin; else somebody is in between"
    case .badAuthorityFile: return "check agent.ca_file %a"
    case .badClientCertificate: return "check device.certificate %c and device.key %k"
    case .clientRefused:
      return trust.certificateFile != nil
        ? "%w does not take %c: its log knows why"
        : "%w wants one: name its files in device.certificate and device.key"
    case .clientExpired: return "renew %c, or check the clock of %w: by that it has run out"
    case .clientUnknown: return "have %c signed by an authority that %w trusts"
    case .tooOld: return "%w must speak TLS 1.2 or newer"
    case .weak: return "%w needs a larger key, or newer methods"
    case .other: return "is %p a TLS server? Without TLS the url begins with ws://"
    }
  }

  private func template(status: Int) -> String {
    switch status {
    case 101, 400, 426: return "the server does not speak our protocol: check the url"
    case 401, 403: return "%w does not accept this device"
    case 404: return "%w does not serve %u: check the path in the url"
    case 429:
      return "this device, or others at its address, come to %w too often; it will be tried again"
    case 500...599: return "%w has trouble or is full; it will be tried again"
    default: return "check the url of %w"
    }
  }
}
