/** Whether two short words differ by one slip: a letter changed, left out, doubled, or two swapped. */
function oneSlip(a: string, b: string): boolean {
  if (a === b || Math.abs(a.length - b.length) > 1) return false
  let i = 0
  while (i < a.length && a[i] === b[i]) i++
  const [restA, restB] = [a.slice(i), b.slice(i)]
  return restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1)
    || (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2))
}

/** `/dev/nmdb0B`: a device that was meant to be nmdm(4) and is spelled otherwise. */
export function isNmdmTypo(path: string): boolean {
  const parts = /^\/dev\/([a-z]{3,5})(?=[\d.-])/i.exec(path)
  return parts !== null && oneSlip((parts[1] ?? '').toLowerCase(), 'nmdm')
}
