/** A line of what went wrong with telemetry itself has this field, so that sending it does not go wrong again and again. */
export const ofTelemetry = 'isOfTelemetry'
