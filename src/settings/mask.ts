/** What is shown in place of a secret, and must not be taken for one. */
export const MASK = '***'

export const MASK_FOUND = `found ${MASK}, which check-config --print shows in place of a secret; expected the secret itself, or where it is`
