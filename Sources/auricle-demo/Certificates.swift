internal import Linux

/// A certificate authority that lives for one demo, and the agent's certificate from it. The
/// authority's key is thrown away at once, so nobody can ever make another one with it.
struct Certificates {
  let authority: String
  let certificate: String
  let key: String

  /// In days: long enough for a demo that somebody leaves running.
  private static let life = "7"

  init(folder: String) throws(DemoError) {
    authority = folder + "/ca.pem"
    certificate = folder + "/agent.pem"
    key = folder + "/agent.key"
    let log = folder + "/openssl.log"
    let rules = folder + "/openssl.conf"
    let authorityKey = folder + "/ca.key"
    let request = folder + "/agent.csr"
    let temporary = [rules, authorityKey, request, folder + "/ca.srl"]
    // What cannot be removed now is removed with the folder.
    defer { for file in temporary { try? Files.remove(file) } }
    try tried { () throws(LinuxError) in
      try Files.replace(rules, with: Array(Certificates.rules.utf8))
    }

    let elliptic = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    try openssl(
      ["req", "-x509", "-config", rules, "-extensions", "authority"] + elliptic
        + [
          "-subj", "/CN=Auricle demo authority", "-days", Certificates.life,
          "-keyout", authorityKey, "-out", authority,
        ], log)
    try openssl(
      ["req", "-new", "-config", rules] + elliptic
        + ["-subj", "/CN=localhost", "-keyout", key, "-out", request], log)
    try openssl(
      [
        "x509", "-req", "-in", request, "-CA", authority, "-CAkey", authorityKey,
        "-CAcreateserial", "-days", Certificates.life, "-extfile", rules, "-extensions", "agent",
        "-out", certificate,
      ], log)
  }

  /// Our own rules, so that the system's openssl.cnf changes nothing.
  private static let rules = """
    [req]
    distinguished_name = name
    [name]
    [authority]
    basicConstraints = critical, CA:TRUE, pathlen:0
    keyUsage = critical, keyCertSign
    subjectKeyIdentifier = hash
    [agent]
    basicConstraints = critical, CA:FALSE
    keyUsage = critical, digitalSignature
    extendedKeyUsage = serverAuth
    subjectAltName = DNS:localhost

    """

  private func openssl(_ words: [String], _ log: String) throws(DemoError) {
    try Program.run("openssl \(words[0])", ["openssl"] + words, log: log, seconds: 30)
  }
}
