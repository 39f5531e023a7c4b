import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './app/app.css';

import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { Problem } from './api/http';
import { startLanguages } from './app/i18n';
import { router } from './app/router';
import { theme, variables } from './app/theme';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // What the engine has refused it will refuse again; what did not reach it may.
      retry: (count, error) =>
        count < 3 && !(error instanceof Problem && error.status >= 400 && error.status < 500),
    },
  },
});

startLanguages();
const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');
createRoot(root).render(
  <StrictMode>
    <MantineProvider defaultColorScheme="auto" theme={theme} cssVariablesResolver={variables}>
      <Notifications />
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
