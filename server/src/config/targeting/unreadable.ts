/** What is told of an attribute that was ignored. Never its value: it may be personal, and each would make another answer. */
export const unreadable = (parameter: string): { parameter: string; detail: string } => ({
  parameter,
  detail: 'its value could not be read, so it was ignored',
})
