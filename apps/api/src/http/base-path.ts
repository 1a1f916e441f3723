/** Takes the path of the public URL off the target of a request, unless a proxy has done so. */
export function stripBasePath(basePath: string): (request: { url?: string | undefined }) => void {
  return (request) => {
    const { url = '/' } = request;
    const next = url.charAt(basePath.length);
    if (url.startsWith(basePath) && ['', '/', '?'].includes(next)) request.url = `${next === '/' ? '' : '/'}${url.slice(basePath.length)}`;
  };
}
