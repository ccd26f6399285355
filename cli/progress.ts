/** Progress on standard error, only where a person watches it and only when it takes long enough to wonder. */
export interface Progress { update(text: string): void; done(): void }

const patience = 300

export function progress(text: string): Progress {
  if (!process.stderr.isTTY) return { update: () => undefined, done: () => undefined }
  let latest = text
  let spinner: { text: string; stop(): unknown } | null = null
  let over = false
  const timer = setTimeout(() => {
    void import('ora').then(({ default: ora }) => {
      if (!over) spinner = ora({ text: latest, stream: process.stderr }).start()
    })
  }, patience)
  return {
    update: next => {
      latest = next
      if (spinner) spinner.text = next
    },
    done: () => {
      over = true
      clearTimeout(timer)
      spinner?.stop()
    },
  }
}
