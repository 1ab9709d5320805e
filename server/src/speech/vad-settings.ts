/** What counts as speech, and where it is cut. Units last. */
export const VAD_SETTINGS = {
  /** Probability from which a window is speech; Silero's own value. It stays speech down to 0.15 below. */
  threshold: 0.5,
  /** A pause shorter than this does not end a stretch of speech. */
  silenceSecondsMin: 0.3,
  /** Shorter sounds are not speech. "Yes" takes 0.2 s. */
  speechSecondsMin: 0.1,
  /** From here on a stretch ends at the first dip: sherpa then takes 0.1 s below 0.75 for a pause. */
  stretchSecondsSoftMax: 20,
  /** Here a stretch that never dips is cut at its quietest place, so that it fits into one clip of any model. */
  stretchSecondsMax: 28,
  /** How far back from there the quietest place may be. */
  cutSearchSeconds: 6,
  /** A slice of a recording ends at the first pause after this much audio: about half a second of work. */
  sliceSeconds: 60,
  /** Speech found this soon after a slice's start is taken to begin there: the detector warms up for some windows. */
  warmUpSeconds: 0.3,
} as const;

export type VadSettings = { readonly [name in keyof typeof VAD_SETTINGS]: number };
