/** Why something about a model could not be done; for programs. The message is for people. */
export type ModelErrorCode =
  | "unknown_model"
  | "no_recogniser"
  | "model_unreachable"
  | "model_refused"
  | "model_altered"
  | "model_not_in_folder"
  | "model_needed"
  | "disk_full"
  | "disk_unwritable";

/** A model could not be installed, removed or checked. The message says what happened and what to do. */
export class ModelError extends Error {
  override name = "ModelError";
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
