/// Why `auricle process` could not do what it was asked.
struct Trouble: Error {
  let sentence: String
  var exitCode: Int32 = 1
}
