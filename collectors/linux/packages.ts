import { packageMatters, packagePatterns } from '../../matching/linux-packages.ts'
import { collector } from '../collector.ts'

/** The packages that VMs and GPUs need, by what knows of them: dpkg, rpm or pacman, whose databases are only read. */
export default collector({
  gives: 'packages',
  platform: 'linux',
  first: [
    { run: ['dpkg-query', '-W', '-f', '${db:Status-Abbrev} ${Package} ${Version}\\n', ...packagePatterns] },
    { run: ['rpm', '-qa', '--qf', 'rpm %{NAME} %{VERSION}-%{RELEASE}\\n', ...packagePatterns] },
    { run: ['pacman', '-Q'] },
  ],
  limit: 2 ** 19,
  reduce: text => text.split('\n').filter(line => packageMatters(/^(?:\w\w\s+|rpm )?(\S+) \S+$/.exec(line.slice(0, 400))?.[1] ?? '')).map(line => `${line}\n`).join(''),
  loses: 'Which versions of QEMU, OVMF, firmware and GPU drivers are installed.',
})
