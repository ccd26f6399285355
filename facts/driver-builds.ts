import { derived } from '../model/fact.ts'
import type { HostFacts } from '../model/snapshot.ts'

/** Modules of DKMS without which a GPU, or its way into a VM, has no driver. */
const matters = /^(?:nvidia|amdgpu|vendor-reset|vfio|i915|xe|kvmfr|looking-glass|gim)/

/** What DKMS and /lib/modules hold for the kernel that runs: modules that are missing, and each place of nvidia.ko. */
export function joinDriverBuilds(host: HostFacts): void {
  const { dkmsModules: modules, nvidiaModulePaths: paths, kernel, nvidiaDriverVersion: loaded, nvidiaDiskVersion: onDisk, cdiDriverVersion: cdi } = host
  const notLoaded = host.modules?.value?.includes('nvidia') === false ? host.modules : undefined
  if (loaded?.value && onDisk?.value) host.nvidiaModuleStale = derived(loaded.value !== onDisk.value, loaded, onDisk)
  else if (notLoaded) host.nvidiaModuleStale = derived(false, notLoaded)
  if (loaded?.value && cdi?.value) host.cdiStale = derived(loaded.value !== cdi.value, loaded, cdi)
  else if (notLoaded ?? host.cdiDevices?.value?.length === 0) host.cdiStale = derived(false, notLoaded ?? host.cdiDevices)
  const release = kernel?.value
  if (!release) return
  if (modules?.value) {
    const listed = modules.value.map(entry => entry.split(' ') as [string, string, string])
    const nameOf = (module: string) => module.slice(0, module.lastIndexOf('/'))
    const installed = new Set(listed.filter(([, of, state]) => of === release && state === 'installed').map(([module]) => nameOf(module)))
    const missing = listed.map(([module]) => module).filter(module => matters.test(module) && !installed.has(nameOf(module)))
    host.dkmsMissing = derived([...new Set(missing)], modules, kernel)
  }
  const headers = host.packages?.value ? hasHeaders(release, host.packages.value) : undefined
  if (headers !== undefined) host.kernelHeaders = derived(headers, host.packages, kernel)
  if (paths?.value) host.nvidiaModuleFiles = derived(paths.value.filter(path => path.includes(`/modules/${release}/`)), paths, kernel)
}

/** Whether headers of a kernel are among the packages; undefined for kernels whose packages are named in another way, or that come from none. */
function hasHeaders(release: string, packages: readonly string[]): boolean | undefined {
  const rows = packages.map(row => row.split(' ') as [string, string])
  if (rows.some(([name]) => name.endsWith(`headers-${release}`))) return true
  if (rows.some(([name, version]) => /^kernel-(?:\w+-)?devel/.test(name) && release.startsWith(version))) return true
  return /-(?:amd64|generic|lowlatency|pve)$|\.(?:el|fc)\d\S*\.x86_64$/.test(release) ? false : undefined
}
