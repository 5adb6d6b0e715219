internal import CWebSockets

/// What the numbers of OpenSSL and of the TLS standard mean to a technician.
enum TLSReasons {
  static func meaning(ofCertificate code: CInt, clock: ClockReading) -> LinkFailure.TLSReason {
    switch code {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return .selfSigned
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
      X509_V_ERR_CERT_SIGNATURE_FAILURE, X509_V_ERR_AKID_SKID_MISMATCH:
      return .unknownAuthority
    case X509_V_ERR_CERT_HAS_EXPIRED: return .expired
    case X509_V_ERR_CERT_NOT_YET_VALID: return clock.isWrong ? .clockWrong : .notYetValid
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: return .wrongName
    case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK:
      return .weak
    default: return .unfit
    }
  }

  /// What the server's TLS complained about.
  static func meaning(ofAlert alert: CInt) -> LinkFailure.TLSReason? {
    switch alert {
    case SSL_AD_BAD_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED,
      SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_ACCESS_DENIED, SSL_AD_DECRYPT_ERROR,
      SSL_AD_CERTIFICATE_REQUIRED:
      return .clientRefused
    case SSL_AD_CERTIFICATE_EXPIRED: return .clientExpired
    case SSL_AD_UNKNOWN_CA: return .clientUnknown
    case SSL_AD_PROTOCOL_VERSION: return .tooOld
    case SSL_AD_INSUFFICIENT_SECURITY: return .weak
    default: return nil
    }
  }

  /// What our own TLS stumbled over.
  static func meaning(of reason: Int32) -> LinkFailure.TLSReason? {
    switch reason {
    case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW: return .tooOld
    case SSL_R_DH_KEY_TOO_SMALL, SSL_R_EE_KEY_TOO_SMALL, SSL_R_WRONG_SIGNATURE_TYPE: return .weak
    default: return nil
    }
  }
}
