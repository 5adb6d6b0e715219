/// What a message may hold. A receiver refuses what is beyond; a sender of ours never goes there.
public enum WireLimits {
  /// A control message, in bytes. The longest one of ours is words of `longestWords` bytes, every
  /// one of them escaped to six.
  public static let largestText = 32_768
  /// One Opus packet: what RFC 6716's encoder is told to stay within, and far above speech.
  public static let largestPacket = 4_000
  /// The largest message of any kind: what a link should take.
  public static let largestMessage = max(largestText, NativeHeader.size + largestPacket)

  /// Words of a transcript or a reply, in bytes: about ten minutes of speech.
  public static let longestWords = 4_096
  /// Names and identifiers, in bytes.
  public static let longestName = 128
  /// A sentence for a technician, in bytes.
  public static let longestSentence = 512

  /// Any span of sound or wait, in milliseconds: an hour.
  public static let longestMilliseconds: Int64 = 3_600_000
  /// A session, in milliseconds: a month.
  public static let longestSessionMilliseconds: Int64 = 31 * 86_400_000
  /// Messages of one direction of a session, which number them.
  public static let mostMessages = Int64(UInt32.max)
  /// The end of the year 9999 in milliseconds since 1970.
  public static let lastMoment: Int64 = 253_402_300_799_999
  /// Sound in one uplink packet: what one Opus packet can hold.
  public static let packetMilliseconds: ClosedRange<Int64> = 10...120

  /// Objects and arrays inside each other.
  public static let deepestNesting = 8
  /// Values in one control message: several times what we send, room for fields of later versions.
  public static let mostValues = 256
}
